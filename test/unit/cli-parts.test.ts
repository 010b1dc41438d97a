import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { awsSettings } from '../../src/main/cli/aws-settings.ts'
import { controlLine } from '../../src/main/cli/control.ts'
import { FirstAnswer } from '../../src/main/cli/first-answer.ts'
import { printable } from '../../src/main/cli/output.ts'
import { RateWindow } from '../../src/main/cli/rate-window.ts'
import type { Progress } from '../../src/main/cli/reporter.ts'
import { barLine } from '../../src/main/cli/text-reporter.ts'
import type { ErrorCode, TransferError } from '../../src/shared/errors.ts'

describe('the rate of the last second', () => {
  it('follows a steady flow, a stop and a start', () => {
    const rate = new RateWindow()
    const shown: number[] = []
    for (let atMs = 0; atMs <= 4000; atMs += 250) shown.push(rate.add(atMs, Math.min(atMs, 2000)))
    expect(shown.slice(0, 5)).toEqual([0, 250, 500, 750, 1000])
    expect(shown.slice(5, 9)).toEqual([1000, 1000, 1000, 1000])
    expect(shown.at(-1)).toBe(0)
  })
})

describe('a line of --control', () => {
  const calls: unknown[] = []
  const controls = {
    setLimit: async (rate: number | null) => calls.push(['limit', rate]),
    limitFor: async (rate: number | null, ms: number) => calls.push(['limit', rate, ms]),
    setPaused: async (paused: boolean) => calls.push(['paused', paused]),
    pauseFor: async (ms: number) => calls.push(['pause', ms]),
    status: async () => calls.push('status'),
    quit: () => calls.push('quit'),
  }
  beforeEach(() => {
    calls.length = 0
  })

  it.each<[string, unknown]>([
    ['limit 5 MB/s', ['limit', 5_000_000]],
    ['limit unlimited', ['limit', null]],
    ['limit 5 MB/s for 1h30m', ['limit', 5_000_000, 5_400_000]],
    ['limit  unlimited  for 5 m', ['limit', null, 300_000]],
    ['pause', ['paused', true]],
    ['pause for 10m', ['pause', 600_000]],
    ['  resume ', ['paused', false]],
    ['status', 'status'],
    ['quit', 'quit'],
  ])('%j is carried out', async (line, call) => {
    expect(await controlLine(line, controls)).toEqual({ type: 'control', line, ok: true })
    expect(calls).toEqual([call])
  })

  it.each<[string, RegExp]>([
    ['limit', /missing/],
    ['limit 0', /use pause/],
    ['limit 10 XB/s', /unknown unit/],
    ['limit for 1h', /missing/],
    ['limit 5 MB/s for', /duration is missing/],
    ['limit 5 MB/s for 10', /no unit/],
    ['limit 5 MB/s for 0s', /above 0/],
    ['pause now', /takes nothing more/],
    ['pause for ever', /not a duration|unknown unit/],
    ['stop', /unknown command/],
    ['', /empty/],
  ])('%j is refused and changes nothing', async (line, reason) => {
    expect(await controlLine(line, controls)).toEqual({
      type: 'control',
      line,
      ok: false,
      error: expect.stringMatching(reason),
    })
    expect(calls).toEqual([])
  })
})

describe('a destination that does not work', () => {
  const failure = (code: ErrorCode): TransferError => ({ code, message: `${code}.` })
  const heard: string[] = []
  let first = new FirstAnswer(() => {})
  beforeEach(() => {
    vi.useFakeTimers()
    heard.length = 0
    first = new FirstAnswer((sentence) => heard.push(sentence))
    first.expect()
  })
  afterEach(() => vi.useRealTimers())

  it.each<ErrorCode>(['host-not-found', 'connection-refused', 'tls-rejected', 'auth-rejected', 'bucket-missing'])(
    'ends the run at once before its first answer: %s',
    (code) => {
      first.heard(failure(code), false)
      expect(heard).toEqual([`${code}.`])
    },
  )

  it('ends the run when it is silent, with the last error named', () => {
    first.heard(failure('network-lost'), false)
    expect(heard).toEqual([])
    vi.advanceTimersByTime(10_000)
    expect(heard).toEqual([expect.stringContaining('network-lost.')])
  })

  it('is retried once it has answered, unless only a person can mend it', () => {
    first.heard(null, true)
    first.heard(failure('connection-refused'), true)
    vi.advanceTimersByTime(60_000)
    expect(heard).toEqual([])
    first.heard(failure('credentials-expired'), true)
    expect(heard).toEqual(['credentials-expired.'])
  })

  it('is not waited for while nothing is asked of it, and again from then on', () => {
    first.stop()
    vi.advanceTimersByTime(60_000)
    expect(heard).toEqual([])
    first.expect()
    vi.advanceTimersByTime(10_000)
    expect(heard).toEqual([expect.stringContaining('did not answer')])
  })

  it('is alive when bytes flow', () => {
    first.alive()
    first.expect()
    vi.advanceTimersByTime(60_000)
    expect(heard).toEqual([])
  })
})

describe('the bar', () => {
  const progress: Progress = {
    atMs: 0,
    sentBytes: 5_000_000,
    confirmedBytes: 5_000_000,
    totalBytes: 10_000_000,
    bytesPerSecond: 1_000_000,
    limitBytesPerSecond: 1_000_000,
    limitedBy: 'global',
    etaMs: 5000,
    filesEnded: 1,
    filesTotal: 2,
  }

  it('says share, amount, rate, limit, time and files', () => {
    expect(barLine(progress, 200)).toBe(
      '[############------------] 50% 5 MB of 10 MB, 1 MB/s (limit 1 MB/s), 5s left, 1 of 2 files',
    )
  })

  it('moves with the bytes at the socket, and is full only when all is confirmed', () => {
    expect(barLine({ ...progress, confirmedBytes: 0 }, 200)).toContain(' 50% 5 MB of 10 MB')
    expect(barLine({ ...progress, sentBytes: 12_000_000, confirmedBytes: 9_999_999 }, 200)).toContain(' 99% 10 MB of')
    expect(barLine({ ...progress, sentBytes: 0, confirmedBytes: 10_000_000 }, 200)).toContain(
      '[########################] 100%',
    )
  })

  it('says how much there was, where nobody knows how much there will be', () => {
    expect(barLine({ ...progress, totalBytes: null, etaMs: null }, 200)).toBe('5 MB, 1 MB/s (limit 1 MB/s)')
  })

  it('says that it is paused or still looking, and never wraps', () => {
    expect(barLine({ ...progress, limitBytesPerSecond: 0 }, 200)).toContain('paused, 1 of 2')
    expect(barLine({ ...progress, totalBytes: 0, filesTotal: 0 }, 200)).toMatch(/^\[-+\] looking/)
    expect(barLine(progress, 40)).toHaveLength(39)
  })
})

it('shows no control character of a name', () => {
  expect(printable('a\nb\u001b[2Jc\u202ed é😀')).toBe('a?b?[2Jc?d é😀')
})

describe('what the AWS CLI would take', () => {
  let dir = ''
  beforeEach(async () => {
    dir = await fs.mkdtemp(path.join(os.tmpdir(), 'sluice-aws-'))
    await fs.writeFile(
      path.join(dir, 'config'),
      [
        '[default]',
        'region = from-default',
        '[profile work]',
        'region = from-work',
        'endpoint_url = http://work',
        '[profile split]',
        'services = ours',
        '[services ours]',
        's3 =',
        '  endpoint_url = http://ours',
      ].join('\n'),
    )
    vi.stubEnv('AWS_CONFIG_FILE', path.join(dir, 'config'))
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', path.join(dir, 'none'))
  })
  afterEach(async () => {
    vi.unstubAllEnvs()
    await fs.rm(dir, { recursive: true })
  })
  const flags = { region: null, endpoint: null, profile: null }

  it.each<[object, Record<string, string>, object]>([
    [{}, {}, { region: 'from-default', endpoint: null }],
    [{ profile: 'work' }, {}, { region: 'from-work', endpoint: 'http://work' }],
    [{}, { AWS_PROFILE: 'split' }, { region: 'us-east-1', endpoint: 'http://ours' }],
    [{ profile: 'work' }, { AWS_DEFAULT_REGION: 'd' }, { region: 'd', endpoint: 'http://work' }],
    [{}, { AWS_REGION: 'r', AWS_DEFAULT_REGION: 'd' }, { region: 'r', endpoint: null }],
    [{ region: 'flag' }, { AWS_REGION: 'r' }, { region: 'flag', endpoint: null }],
    [
      {},
      { AWS_ENDPOINT_URL: 'http://all', AWS_ENDPOINT_URL_S3: 'http://s3' },
      { region: 'from-default', endpoint: 'http://s3' },
    ],
    [
      { endpoint: 'http://flag' },
      { AWS_ENDPOINT_URL: 'http://all' },
      { region: 'from-default', endpoint: 'http://flag' },
    ],
    [
      { profile: 'work' },
      { AWS_ENDPOINT_URL: 'http://all', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' },
      { region: 'from-work', endpoint: null },
    ],
  ])('%j with %j', async (given, env, expected) => {
    expect(await awsSettings({ ...flags, ...given }, env)).toEqual(expected)
  })
})
