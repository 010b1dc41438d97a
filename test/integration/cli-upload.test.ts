import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { cliScene } from '../support/cli-scene.ts'
import { crc32Base64 } from '../support/sums.ts'

const scene = cliScene()
const MIB = 1024 ** 2

describe('the target', () => {
  it.each<[string, string[], string, string[]]>([
    ['one file, no final slash: the exact key', ['a.txt'], 'name.bin', ['name.bin']],
    ['one file, a final slash: a folder', ['a.txt'], 'in/', ['in/a.txt']],
    ['two files: a folder, slash or not', ['a.txt', 'b.txt'], 'in', ['in/a.txt', 'in/b.txt']],
    ['a folder keeps its name', ['dir'], 'in', ['in/dir/c.txt', 'in/dir/sub/d.txt']],
    ['dir/ puts its contents there', ['dir/'], 'in/', ['in/c.txt', 'in/sub/d.txt']],
    ['file and folder together', ['a.txt', 'dir/sub'], 'in', ['in/a.txt', 'in/sub/d.txt']],
    ['. puts the contents there', ['.'], 'in', ['in/a.txt', 'in/b.txt', 'in/dir/c.txt', 'in/dir/sub/d.txt']],
  ])('%s', async (_, sources, rest, expected) => {
    for (const name of ['a.txt', 'b.txt', 'dir/c.txt', 'dir/sub/d.txt']) await scene.write(name, `this is ${name}`)
    const { status, stderr } = await scene.run(['upload', ...sources, scene.target(rest)])
    expect([status, stderr]).toEqual([0, ''])
    const keys = await scene.far.keys(scene.prefix)
    expect(keys).toEqual(expected.map((key) => scene.prefix + key))
    for (const key of keys) expect(String(await scene.far.bytes(key))).toMatch(/^this is /)
  })

  it('may be the bucket alone', async () => {
    const name = `top-${scene.prefix.replace('/', '')}`
    await scene.write(name, 'x')
    expect((await scene.run(['upload', name, `s3://${scene.server.bucket}`])).status).toBe(0)
    expect(await scene.far.keys(name)).toEqual([name])
  })

  it('of two sources is never the same key: nothing is sent, exit 2', async () => {
    await scene.write('x/same', '1')
    await scene.write('y/same', '2')
    const before = scene.server.log.length
    const { status, stderr } = await scene.run(['upload', 'x/same', 'y/same', scene.target()])
    expect(status).toBe(2)
    expect(stderr).toMatch(/x\/same and .*y\/same would both become s3:\/\/demo\/t\d+\/same/)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(scene.server.log.slice(before).filter(({ operation }) => /Put|Upload/.test(operation ?? ''))).toEqual([])
    expect(await scene.far.keys(scene.prefix)).toEqual([])
  })
})

it('brings odd names and all sizes over byte for byte', async () => {
  const names = ['+ %#?&=', 'e\u0301', '\u00e9', 'new\nline', '😀', '...', ' ', 'quo\'te"', 'a\\b', 'x.asar', '.hidden']
  for (const name of names) await scene.write(`odd/${name}`, name)
  const sizes = { zero: 0, one: 1, threshold: 8 * MIB, parts: 17 * MIB + 3 }
  for (const [name, size] of Object.entries(sizes)) await scene.write(`sizes/${name}`, randomBytes(size))
  const { status, stderr } = await scene.run(['upload', 'odd', 'sizes', scene.target()])
  expect([status, stderr]).toEqual([0, ''])
  const expected = names.map((name) => `${scene.prefix}odd/${name.replace('\\', '/')}`)
  expect((await scene.far.keys(`${scene.prefix}odd/`)).sort()).toEqual(expected.sort())
  for (const name of names) {
    expect(String(await scene.far.bytes(`${scene.prefix}odd/${name.replace('\\', '/')}`))).toBe(name)
  }
  for (const name of Object.keys(sizes)) {
    const sent = await fs.readFile(path.join(scene.dir, 'sizes', name))
    expect(sent.equals(await scene.far.bytes(`${scene.prefix}sizes/${name}`)), name).toBe(true)
  }
})

describe('--json', () => {
  it('tells queued, progress, transfer and summary in the documented shapes', async () => {
    const small = await scene.write('small', 'hello')
    const large = randomBytes(11 * MIB)
    const largePath = await scene.write('large', large)
    const { status, lines, of } = await scene.run([
      'upload',
      'small',
      'large',
      scene.target(),
      '--json',
      '--part-size',
      '5MiB',
      '--limit',
      '8 MiB/s',
    ])
    expect(status).toBe(0)
    const key = (name: string) => scene.prefix + name
    expect(of('queued')).toEqual([
      { type: 'queued', path: small, key: key('small'), sizeBytes: 5 },
      { type: 'queued', path: largePath, key: key('large'), sizeBytes: large.length },
    ])
    const etag = expect.stringMatching(/./)
    const ends = of('transfer').sort((a, b) => Number(a.sizeBytes) - Number(b.sizeBytes))
    expect(ends).toEqual([
      {
        type: 'transfer',
        path: small,
        key: key('small'),
        phase: 'completed',
        sizeBytes: 5,
        etag,
        checksum: { algorithm: 'crc32', value: crc32Base64(Buffer.from('hello')) },
        verified: expect.stringMatching(/^(checksum|size|accepted)$/),
        resentBytes: 0,
      },
      {
        type: 'transfer',
        path: largePath,
        key: key('large'),
        phase: 'completed',
        sizeBytes: large.length,
        etag,
        checksum: { algorithm: 'crc32', value: crc32Base64(large) },
        verified: 'checksum',
        resentBytes: 0,
      },
    ])
    const total = large.length + 5
    const progress = of('progress')
    for (const line of progress) {
      expect(Object.keys(line)).toEqual([
        'type',
        'atMs',
        'sentBytes',
        'confirmedBytes',
        'totalBytes',
        'bytesPerSecond',
        'limitBytesPerSecond',
        'limitedBy',
      ])
      expect(line.limitBytesPerSecond).toBe(8 * MIB)
      expect(line.confirmedBytes).toBeLessThanOrEqual(total)
    }
    const sent = progress.map(({ sentBytes }) => Number(sentBytes))
    expect(sent).toEqual([...sent].sort((a, b) => a - b))
    expect(progress.at(-1)).toMatchObject({ sentBytes: total, confirmedBytes: total, totalBytes: total })
    expect(Math.abs(Number(progress[0]?.atMs) - Date.now())).toBeLessThan(60_000)
    expect(lines.at(-1)).toEqual({
      type: 'summary',
      completed: 2,
      failed: 0,
      skipped: 0,
      unfinished: 0,
      bytes: total,
      resentBytes: 0,
      seconds: expect.any(Number),
      requests: expect.any(Number),
      retries: 0,
      throttled: 0,
      meanRequestMs: expect.any(Number),
    })
    // One PUT; create, three parts and complete.
    expect(Number(lines.at(-1)?.requests)).toBeGreaterThanOrEqual(6)
  })

  it('says null for a limit that is not there', async () => {
    await scene.write('a', 'x')
    const { of } = await scene.run(['upload', 'a', scene.target(), '--json'])
    expect(of('progress').at(-1)).toMatchObject({ limitBytesPerSecond: null, sentBytes: 1 })
  })

  it('tells the progress at least twice a second', async () => {
    await scene.write('a', randomBytes(2 * MIB))
    const { of } = await scene.run(['upload', 'a', scene.target(), '--json', '--limit', '1 MiB/s'])
    const at = of('progress').map(({ atMs }) => Number(atMs))
    const gaps = at.slice(1).map((atMs, index) => atMs - (at[index] ?? 0))
    // The middle one: a busy machine may hold up some.
    expect(gaps.sort((a, b) => a - b)[gaps.length >> 1]).toBeLessThanOrEqual(500)
  })
})

describe('what is left out', () => {
  it('is counted, as are empty folders', async () => {
    for (const name of ['d/.DS_Store', 'd/a.txt', 'd/sub/Thumbs.db', 'd/sub/b.txt']) await scene.write(name, 'x')
    await fs.mkdir(path.join(scene.dir, 'd/empty'))
    const { status, stdout } = await scene.run(['upload', 'd/', scene.target()])
    expect(status).toBe(0)
    expect(stdout).toMatch(/Uploaded 2 files.*2 left out, 1 empty folder/)
    expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}a.txt`, `${scene.prefix}sub/b.txt`])
  })

  it('follows --include and --exclude', async () => {
    for (const name of ['a.jpg', 'b.txt', 'sub/c.jpg', 'sub/d.txt']) await scene.write(name, 'x')
    await scene.run(['upload', '.', scene.target(), '--include', '*.jpg', '--exclude', 'sub'])
    expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}a.jpg`])
  })

  it('is everything with --dry-run: it lists, needs no keys and sends nothing', async () => {
    await scene.write('a.txt', 'x')
    const before = scene.server.log.length
    const plain = await scene.run(['upload', 'a.txt', scene.target(), '--dry-run'])
    expect(plain.stdout).toContain(`a.txt → ${scene.target('a.txt')} (1 B)`)
    const json = await scene.run([
      'upload',
      'a.txt',
      scene.target(),
      '--dry-run',
      '--json',
      '--endpoint',
      'http://h.invalid',
    ])
    expect([plain.status, json.status]).toEqual([0, 0])
    expect(json.of('queued')).toHaveLength(1)
    expect(json.of('transfer')).toEqual([])
    expect(scene.server.log.length).toBe(before)
  })
})

it('ends with 0 and says so when there is nothing to do', async () => {
  await fs.mkdir(path.join(scene.dir, 'empty'))
  const { status, stdout } = await scene.run(['upload', 'empty', scene.target()])
  expect(status).toBe(0)
  expect(stdout).toMatch(/Uploaded 0 files.*1 empty folder/)
})

it('says nothing with --quiet', async () => {
  await scene.write('a', 'x')
  const { status, stdout, stderr } = await scene.run(['upload', 'a', scene.target(), '--quiet'])
  expect([status, stdout, stderr]).toEqual([0, '', ''])
  expect(await scene.far.keys(scene.prefix)).toHaveLength(1)
})

it('sends no checksum when none is asked for', async () => {
  await scene.write('a', 'x')
  const { of } = await scene.run(['upload', 'a', scene.target(), '--json', '--checksum', 'none'])
  expect(of('transfer')[0]).toMatchObject({ phase: 'completed', checksum: null })
})

it('takes keys, region and endpoint from a profile', async () => {
  const { endpoint, accessKeyId, secretAccessKey } = scene.server
  const config = await scene.write('config', `[profile demo]\nregion = us-east-1\nendpoint_url = ${endpoint}\n`)
  const credentials = await scene.write(
    'credentials',
    `[demo]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`,
  )
  const env = {
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: credentials,
    AWS_ENDPOINT_URL_S3: '',
    AWS_REGION: '',
    AWS_ACCESS_KEY_ID: 'SOMEBODYELSE',
    AWS_SECRET_ACCESS_KEY: 'wrong',
  }
  const { status, stderr } = await scene.run(['upload', 'config', scene.target(), '--profile', 'demo'], { env })
  expect([status, stderr]).toEqual([0, ''])
})
