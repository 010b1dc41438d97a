import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseCommand } from '../../src/main/cli/arguments.ts'
import { parseEndpoint } from '../../src/main/cli/endpoint-flags.ts'
import { CANCEL_HELP, GENERAL_HELP, LIST_HELP, RESUME_HELP, UPLOAD_HELP, VERIFY_HELP } from '../../src/main/cli/help.ts'
import { CANCEL_FLAGS, LIST_FLAGS, RESUME_FLAGS } from '../../src/main/cli/run-arguments.ts'
import { UPLOAD_FLAGS } from '../../src/main/cli/upload-arguments.ts'
import { VERIFY_FLAGS } from '../../src/main/cli/verify-arguments.ts'
import { PLAIN_OBJECT } from '../../src/shared/object-settings.ts'

const upload = (...flags: string[]) => parseCommand(['upload', 'a.txt', 's3://b/p/', ...flags])

describe('sluice upload', () => {
  it('has these defaults', () => {
    expect(upload()).toEqual({
      ok: true,
      value: {
        name: 'upload',
        paths: ['a.txt'],
        fromStdin: false,
        target: { bucket: 'b', key: 'p/' },
        endpoint: null,
        region: null,
        profile: null,
        virtualHost: false,
        caFile: null,
        proxy: null,
        bindAddress: null,
        limit: { limitBytesPerSecond: undefined, forMs: null, schedule: null },
        requestsPerSecond: null,
        filesPerSecond: null,
        quotas: [],
        connections: 4,
        threads: null,
        partBytes: 8_388_608,
        multipartThresholdBytes: 8_388_608,
        onExists: null,
        include: [],
        exclude: [],
        checksum: null,
        object: PLAIN_OBJECT,
        onChange: 'fail',
        giveUpAfterMs: undefined,
        dryRun: false,
        dataDir: null,
        receipt: null,
        json: false,
        control: false,
        quiet: false,
      },
    })
  })

  it.each<[string[], object]>([
    [['--endpoint', 'http://127.0.0.1:9000/'], { endpoint: 'http://127.0.0.1:9000' }],
    [['--endpoint=https://s3.example.com/base/'], { endpoint: 'https://s3.example.com/base' }],
    [['--virtual-host'], { virtualHost: true }],
    [['--ca-file', 'ca.pem'], { caFile: 'ca.pem' }],
    [['--region', 'eu-central-1', '--profile', 'work'], { region: 'eu-central-1', profile: 'work' }],
    [['--limit', '5 Mb/s'], { limit: { limitBytesPerSecond: 625_000, forMs: null } }],
    [['--limit', 'unlimited'], { limit: { limitBytesPerSecond: null } }],
    [['--limit', '1M', '--for', '1h'], { limit: { limitBytesPerSecond: 1_000_000, forMs: 3_600_000, schedule: null } }],
    [
      ['--schedule', '08:00,512k;19:00,off', '--time-zone', 'Europe/Berlin'],
      { limit: { schedule: { timetable: '08:00,512KB/s 19:00,off', timeZone: 'Europe/Berlin' } } },
    ],
    [
      ['--limit', '1M', '--for', '30m', '--schedule', 'pause'],
      { limit: { forMs: 1_800_000, schedule: { timetable: 'pause', timeZone: null } } },
    ],
    [['--requests-per-second', '12', '--files-per-second', '0.5'], { requestsPerSecond: 12, filesPerSecond: 0.5 }],
    [
      ['--quota', '20 GB/day', '--quota=1k requests per hour spread', '--quota', '20GB / 1d'],
      {
        quotas: [
          { name: '20 GB per day', unit: 'bytes', amount: 20e9, mode: 'stop', destinationId: null },
          { name: '1 000 requests per hour', unit: 'requests', amount: 1000, windowMs: 3_600_000, mode: 'spread' },
        ],
      },
    ],
    [['--connections', '16', '--threads=4'], { connections: 16, threads: 4 }],
    [['--part-size', '5MiB'], { partBytes: 5_242_880 }],
    [['--multipart-threshold', '0'], { multipartThresholdBytes: 0 }],
    [['--on-exists', 'ask'], { onExists: 'ask' }],
    [['--include', '*.a', '--include', 'b/**', '--exclude', '-x'], { include: ['*.a', 'b/**'], exclude: ['-x'] }],
    [['--give-up-after', '1h30m'], { giveUpAfterMs: 5_400_000 }],
    [['--give-up-after', 'never'], { giveUpAfterMs: null }],
    [['--checksum', 'none'], { checksum: 'none' }],
    [
      ['--content-type', 'video/mp4', '--cache-control', 'max-age=60', '--storage-class', 'GLACIER', '--sse', 'AES256'],
      {
        object: {
          contentType: 'video/mp4',
          cacheControl: 'max-age=60',
          storageClass: 'GLACIER',
          encryption: { kind: 's3' },
          metadata: {},
          tags: {},
        },
      },
    ],
    [
      ['--metadata', 'A=1', '--metadata', 'b=x=y', '--sse', 'aws:kms', '--sse-kms-key-id', 'k'],
      { object: { ...PLAIN_OBJECT, metadata: { a: '1', b: 'x=y' }, encryption: { kind: 'kms', keyId: 'k' } } },
    ],
    [
      ['--tag', 'Retention=one year', '--tag', 'empty='],
      { object: { ...PLAIN_OBJECT, tags: { Retention: 'one year', empty: '' } } },
    ],
    [['--on-exists', 'keep-both'], { onExists: 'keep-both' }],
    [['--data-dir', 'state'], { dataDir: 'state' }],
    [['--dry-run', '--json', '--control', '--quiet'], { dryRun: true, json: true, control: true, quiet: true }],
  ])('understands %j', (flags, expected) => {
    expect(upload(...flags)).toMatchObject({ ok: true, value: expected })
  })

  it('takes flags anywhere, and anything after -- as a path', () => {
    expect(parseCommand(['upload', '--json', 'a', '--', '--limit', 's3://b'])).toMatchObject({
      value: { paths: ['a', '--limit'], target: { bucket: 'b', key: '' }, json: true },
    })
  })

  it.each<[string[], RegExp]>([
    [['--limits', '5MB'], /^unknown flag --limits$/],
    [['-x'], /^unknown flag -x$/],
    [['--limit'], /^--limit needs a value$/],
    [['--limit', '--json'], /^--limit needs a value$/],
    [['--json=yes'], /^--json takes no value$/],
    [['--limit', '10 XB/s'], /^--limit: "10 XB\/s" has the unknown unit "XB"/],
    [['--limit', '-1'], /^--limit: "-1" is negative/],
    [['--limit', 'NaN'], /^--limit: "NaN" is not a rate/],
    [['--limit', '0'], /use pause/],
    [['--limit', ''], /is missing/],
    [['--for', '1h'], /^--for says how long a --limit holds/],
    [['--limit', '1M', '--for', '10'], /^--for: "10" has no unit/],
    [['--limit', '1M', '--for', '0s'], /^--for needs a duration above 0$/],
    [['--schedule', ''], /^--schedule: A timetable is missing/],
    [['--schedule', '8 o clock,5M'], /^--schedule: /],
    [['--schedule', '08:00,5M 08:00,6M'], /Two entries set the same time/],
    [['--schedule', '25:00,5M'], /no valid time/],
    [['--schedule', '08:00,5M', '--limit', '1M'], /both set the limit/],
    [['--time-zone', 'UTC'], /^--time-zone is that of a --schedule/],
    [['--requests-per-second', '0'], /must be a number from 0\.01 to 1000000/],
    [['--requests-per-second', '-1'], /must be a number/],
    [['--files-per-second', '1e9'], /must be a number/],
    [['--quota', '0 GB/day'], /^--quota: A quota of 0/],
    [['--quota', '20 GB'], /^--quota: "20 GB" names no window/],
    [['--quota', 'NaN files/day'], /^--quota: "NaN files" is not a number/],
    [['--quota', '1 MB/day spread'], /^--quota: 1 MB per day is less than 512 bytes a second/],
    [['--quota', ''], /^--quota: "" names no window/],
    [['--part-size', '1MiB'], /^--part-size must be from 5 MiB to 5 GiB/],
    [['--part-size', '6 GiB'], /^--part-size must be from 5 MiB to 5 GiB/],
    [['--part-size', '8 MB/s'], /a rate, not a size/],
    [['--connections', '0'], /whole number from 1 to 64/],
    [['--connections', '65'], /whole number from 1 to 64/],
    [['--connections', '4.5'], /whole number from 1 to 64/],
    [['--threads', 'many'], /whole number from 1 to 16/],
    [['--on-exists', 'maybe'], /must be one of ask, skip-same/],
    [['--on-exists', 'ask', '--control'], /both need stdin/],
    [['--tag', 'a'], /--tag: A tag is written name=value, not “a”/],
    [['--metadata', 'a'], /--metadata: Metadata is written name=value, not “a”/],
    [['--storage-class', ''], /--storage-class needs a value/],
    [['--content-type', 'video'], /looks like video\/mp4/],
    [['--sse', 'aes'], /--sse must be one of AES256, aws:kms/],
    [['--sse-kms-key-id', 'k'], /--sse-kms-key-id needs --sse aws:kms/],
    [['--checksum', 'sha1'], /must be one of crc32, crc32c, crc64nvme, sha256, md5, none/],
    [['--give-up-after', '30'], /no unit/],
    [['--endpoint', 'example.com'], /not an address/],
    [['--endpoint', 'ftp://example.com'], /not an address/],
    [['--proxy', 'socks5://127.0.0.1:1'], /^--proxy must be "none" or an address/],
    [['--proxy', 'http://me:pw@127.0.0.1:1'], /HTTPS_PROXY/],
    [['--bind', 'eth0'], /^--bind must be an IP address/],
    [['--endpoint', 'https://me:pw@example.com'], /a host, a port and a path only/],
    [['--region', ''], /--region needs a value/],
    [['--include', ''], /--include needs a value/],
  ])('refuses %j in one sentence', (flags, reason) => {
    const parsed = upload(...flags)
    expect(parsed).toEqual({ ok: false, message: expect.stringMatching(reason) })
    expect(parsed.ok || parsed.message.includes('\n')).toBe(false)
  })

  it.each<[string[], RegExp]>([
    [['upload'], /name what to upload and where to/],
    [['upload', 's3://b/'], /name what to upload/],
    [['upload', 'a.txt'], /must look like s3:\/\//],
    [['upload', 'a.txt', 's3://'], /names no bucket/],
    [['upload', 's3://b/x', 's3://c/'], /only one target/],
    [['upload', '', 's3://c/'], /one of the paths is empty/],
  ])('refuses %j', (argv, reason) => {
    expect(parseCommand(argv)).toEqual({ ok: false, message: expect.stringMatching(reason) })
  })

  it('takes standard input for one object', () => {
    expect(parseCommand(['upload', '-', 's3://b/p/k', '--json'])).toMatchObject({
      value: { paths: ['-'], fromStdin: true, target: { bucket: 'b', key: 'p/k' } },
    })
    expect(parseCommand(['upload', './-', 's3://b/p/'])).toMatchObject({ value: { fromStdin: false } })
  })

  it.each<[string[], RegExp]>([
    [['-', 's3://b'], /has no name/],
    [['-', 's3://b/'], /has no name/],
    [['-', 's3://b/p/'], /has no name/],
    [['-', 'a.txt', 's3://b/k'], /name no other path/],
    [['-', '-', 's3://b/k'], /name no other path/],
    [['-', `s3://b/${'k'.repeat(1025)}`], /1025 bytes/],
    [['-', 's3://b/k', '--control'], /both need stdin/],
    [['-', 's3://b/k', '--on-exists', 'ask'], /both need stdin/],
    [['-', 's3://b/k', '--dry-run'], /nothing to choose from/],
    [['-', 's3://b/k', '--include', '*'], /nothing to choose from/],
  ])('refuses %j', (argv, reason) => {
    expect(parseCommand(['upload', ...argv])).toEqual({ ok: false, message: expect.stringMatching(reason) })
  })

  it('shows its help', () => {
    expect(upload('--help')).toEqual({ ok: true, value: { name: 'help', text: UPLOAD_HELP } })
  })
})

describe('the other commands', () => {
  it.each<[string[], object]>([
    [['demo-server'], { name: 'demo-server', port: 0, dir: null, json: false }],
    [
      ['demo-server', '--port', '9000', '--dir', 'd', '--json'],
      { name: 'demo-server', port: 9000, dir: 'd', json: true },
    ],
    [['demo'], { name: 'demo' }],
    [['list', '--json'], { name: 'list', dataDir: null, json: true }],
    [['cancel', '--all'], { name: 'cancel', dataDir: null, ids: null, profile: null }],
    [['cancel', 'r:1', '2', '--data-dir', 'd'], { name: 'cancel', dataDir: 'd', ids: ['r:1', '2'], profile: null }],
    [
      ['resume', '--limit', '1M', '--give-up-after', 'never', '--receipt', 'r.json'],
      expect.objectContaining({
        name: 'resume',
        limitBytesPerSecond: 1_000_000,
        giveUpAfterMs: null,
        receipt: 'r.json',
      }),
    ],
    [['--version'], { name: 'version' }],
    [['--help'], { name: 'help', text: expect.stringContaining('demo-server') }],
    [['demo-server', '-h'], { name: 'help', text: expect.stringContaining('--port') }],
    [['demo', '--help'], { name: 'help', text: expect.stringContaining('demo bucket') }],
  ])('%j', (argv, value) => {
    expect(parseCommand(argv)).toEqual({ ok: true, value })
  })

  it.each<[string[], RegExp]>([
    [[], /say what to do/],
    [['download'], /unknown command "download"/],
    [['--verbose'], /unknown flag --verbose/],
    [['demo-server', '--port', '70000'], /whole number from 0 to 65535/],
    [['cancel'], /name what to cancel/],
    [['cancel', '--all', 'r:1'], /not both/],
    [['resume', 'r'], /unexpected argument "r"/],
    [['resume', '--part-size', '8M'], /unknown flag --part-size/],
    [['resume', '--receipt', 'r.txt'], /\.csv or a \.json/],
    [['verify', 'a', 'b'], /unexpected argument "b"/],
    [['demo-server', 'extra'], /unexpected argument "extra"/],
    [['demo', '--limit', '5MB'], /unknown flag --limit/],
  ])('refuses %j', (argv, reason) => {
    expect(parseCommand(argv)).toEqual({ ok: false, message: expect.stringMatching(reason) })
  })
})

it('keeps the path of an endpoint and drops its final slashes', () => {
  expect(parseEndpoint('https://h:1/a//')).toEqual({ ok: true, value: 'https://h:1/a' })
})

describe('help and README', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8')
  const flagsIn = (text: string): string[] => [...new Set(text.match(/--[a-z][a-z-]+/g))].sort()

  it.each<[string, string, Readonly<Record<string, unknown>>]>([
    ['upload', UPLOAD_HELP, UPLOAD_FLAGS],
    ['resume', RESUME_HELP, RESUME_FLAGS],
    ['list', LIST_HELP, LIST_FLAGS],
    ['cancel', CANCEL_HELP, CANCEL_FLAGS],
    ['verify', VERIFY_HELP, VERIFY_FLAGS],
  ])('explain every flag of %s, and no other', (_, help, flags) => {
    const names = Object.keys(flags).map((name) => `--${name}`)
    const known = names.filter((name) => name !== '--help').sort()
    expect(flagsIn(help)).toEqual(known)
    expect(flagsIn(readme)).toEqual(expect.arrayContaining(known))
  })

  it('name the same commands', () => {
    const usage = GENERAL_HELP.match(/^ {2}sluice .+$/gm)?.map((line) => line.trim())
    for (const line of usage ?? []) expect(readme).toContain(`${line}\n`)
    expect(usage?.length).toBeGreaterThan(3)
  })
})
