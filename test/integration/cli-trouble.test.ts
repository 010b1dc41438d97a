import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { startDemoServer } from '../../src/main/demo/server.ts'
import type { CliResult } from '../support/cli.ts'
import { cliScene } from '../support/cli-scene.ts'
import { TEST_TLS } from '../support/tls-fixture.ts'

const scene = cliScene()
const MIB = 1024 ** 2

const oneSentence = ({ stderr }: CliResult): string => {
  expect(stderr.trim().split('\n'), stderr).toHaveLength(1)
  expect(stderr).toMatch(/^sluice: .*[.!?]\n$/)
  return stderr
}

describe('a wrong command: one sentence, exit 2, no request', () => {
  it.each<[string, string[], RegExp]>([
    ['unknown flag', ['upload', 'a', 's3://demo/', '--fast'], /unknown flag --fast/],
    ['missing file', ['upload', 'gone.txt', 's3://demo/'], /gone\.txt is not there/],
    ['all files missing', ['upload', 'g1', 'g2', 's3://demo/'], /none of the 2 paths is there/],
    ['a file called a folder', ['upload', 'a/', 's3://demo/'], /a\/ is not there/],
    ['bad unit', ['upload', 'a', 's3://demo/', '--limit', '10 XB/s'], /unknown unit "XB"/],
    ['negative rate', ['upload', 'a', 's3://demo/', '--limit', '-1'], /negative/],
    ['NaN', ['upload', 'a', 's3://demo/', '--limit', 'NaN'], /not a rate/],
    ['zero', ['upload', 'a', 's3://demo/', '--limit', '0'], /use pause/],
    ['no target', ['upload', 'a'], /must look like s3:\/\//],
    ['no command', [], /say what to do/],
    ['missing CA file', ['upload', 'a', 's3://demo/', '--ca-file', 'none.pem'], /none\.pem cannot be read/],
    ['bad endpoint', ['upload', 'a', 's3://demo/', '--endpoint', 'nowhere'], /not an address/],
  ])('%s', async (_, args, reason) => {
    await scene.write('a', 'x')
    const before = scene.server.log.length
    const result = await scene.run(args)
    expect(result.status).toBe(2)
    expect(oneSentence(result)).toMatch(reason)
    expect(result.stdout).toBe('')
    expect(scene.server.log.length).toBe(before)
  })
})

describe('a destination that does not work: one sentence, exit 1, nothing lost', () => {
  const upload = async (choices: { env?: Record<string, string>; flags?: string[]; target?: string }) => {
    await scene.write('a', 'x')
    await scene.write('large', randomBytes(9 * MIB))
    const { env = {}, flags = [], target = scene.target() } = choices
    const result = await scene.run(['upload', 'a', 'large', target, '--json', ...flags], { env })
    expect(result.status).toBe(1)
    expect(result.lines.at(-1)).toMatchObject({ type: 'summary', completed: 0, failed: 0, unfinished: 2 })
    return oneSentence(result)
  }

  it('host that does not exist', async () => {
    expect(await upload({ flags: ['--endpoint', 'https://s3.nowhere.invalid'] })).toMatch(/s3\.nowhere\.invalid/)
  })

  it('port where nobody listens', async () => {
    const taken = net.createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const { port } = taken.address() as net.AddressInfo
    await new Promise((resolve) => taken.close(resolve))
    expect(await upload({ flags: ['--endpoint', `http://127.0.0.1:${port}`] })).toMatch(/refused/i)
  })

  it('http where https was asked for', async () => {
    expect(await upload({ flags: ['--endpoint', scene.server.endpoint.replace('http:', 'https:')] })).toMatch(
      /127\.0\.0\.1/,
    )
  })

  it('certificate of an authority that nobody knows, until --ca-file names it', async () => {
    const dir = path.join(scene.dir, 'tls')
    const secure = await startDemoServer({ dir, tls: TEST_TLS })
    try {
      const { endpoint, accessKeyId, secretAccessKey } = secure
      const env = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
      const flags = ['--endpoint', endpoint]
      expect(await upload({ env, flags })).toMatch(/certificate .* CA file/)
      const caFile = await scene.write('ca.pem', TEST_TLS.cert)
      const trusting = [...flags, '--ca-file', caFile]
      const result = await scene.run(['upload', 'a', 'large', scene.target(), ...trusting], { env })
      expect([result.status, result.stderr]).toEqual([0, ''])
    } finally {
      await secure.close()
    }
  })

  it('wrong secret', async () => {
    expect(await upload({ env: { AWS_SECRET_ACCESS_KEY: 'wrong' } })).toMatch(/access key or secret/)
  })

  it('unknown access key', async () => {
    expect(await upload({ env: { AWS_ACCESS_KEY_ID: 'NOBODY' } })).toMatch(/access key or secret/)
  })

  it('no credentials at all', async () => {
    expect(await upload({ env: { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' } })).toMatch(/No credentials/)
  })

  it('missing bucket', async () => {
    expect(await upload({ target: 's3://not-there/' })).toMatch(/not-there/)
  })

  it('access denied', async () => {
    const denied = { kind: 'answer', status: 403, code: 'AccessDenied' } as const
    scene.server.setFaults([{ on: 'any', times: null, do: denied }])
    expect(await upload({})).toMatch(/denied/)
  })

  it('a server that takes the connection and never answers', async () => {
    const sockets: net.Socket[] = []
    const silent = net.createServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    await new Promise((resolve) => silent.once('listening', resolve))
    const { port } = silent.address() as net.AddressInfo
    try {
      // TLS never comes about, so no byte can be sent.
      expect(await upload({ flags: ['--endpoint', `https://127.0.0.1:${port}`] })).toMatch(/did not answer within 7 s/)
    } finally {
      for (const socket of sockets) socket.destroy()
      silent.close()
    }
  })
})

describe('a file that cannot be sent: it fails alone, exit 1', () => {
  const failures = (result: CliResult) =>
    result
      .of('transfer')
      .flatMap(({ phase, path: file, error }) =>
        phase === 'completed' ? [] : [[path.basename(String(file)), phase, (error as { code: string }).code]],
      )

  it('missing among several', async () => {
    await scene.write('a', 'x')
    const result = await scene.run(['upload', 'a', 'gone', scene.target(), '--json'])
    expect(result.status).toBe(1)
    expect(failures(result)).toEqual([['gone', 'failed', 'source-missing']])
    expect(result.lines.at(-1)).toMatchObject({ completed: 1, failed: 1, unfinished: 0 })
    expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}a`])
  })

  it('says which and why without --json', async () => {
    await scene.write('a', 'x')
    const result = await scene.run(['upload', 'a', 'gone', scene.target()])
    expect(oneSentence(result)).toMatch(/gone: The file is not there\./)
    expect(result.stdout).toMatch(/Uploaded 1 file.*1 failed/)
  })

  it('too long a key', async () => {
    await scene.write('a', 'x')
    await scene.write('b', 'x')
    const long = `${'k'.repeat(1020 - scene.prefix.length)}/`
    await scene.write('longer', 'x')
    const result = await scene.run(['upload', 'a', 'b', 'longer', scene.target(long), '--json'])
    expect(result.status).toBe(1)
    expect(failures(result)).toEqual([['longer', 'failed', 'key-too-long']])
    expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}${long}a`, `${scene.prefix}${long}b`])
  })

  it('unreadable', async () => {
    await scene.write('d/a', 'x')
    // Root reads whatever the mode of a file is, but not a kernel setting that can only be written.
    if (process.getuid?.() === 0) await fs.symlink('/proc/sys/vm/compact_memory', path.join(scene.dir, 'd/locked'))
    else await fs.chmod(await scene.write('d/locked', 'x'), 0)
    const result = await scene.run(['upload', 'd', scene.target(), '--json'])
    expect(result.status).toBe(1)
    expect(failures(result)).toEqual([['locked', 'failed', 'source-unreadable']])
    expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}d/a`])
  })

  it('a pipe and a link in a circle are skipped and counted, without a hang', async () => {
    await scene.write('d/a', 'x')
    execFileSync('mkfifo', [path.join(scene.dir, 'd/pipe')])
    await fs.symlink('..', path.join(scene.dir, 'd/up'))
    const result = await scene.run(['upload', 'd', scene.target(), '--json'])
    expect(result.status).toBe(0)
    expect(failures(result)).toEqual([
      ['pipe', 'skipped', 'source-unsupported'],
      ['up', 'skipped', 'source-unsupported'],
    ])
    expect(result.lines.at(-1)).toMatchObject({ completed: 1, skipped: 2, failed: 0 })
  })

  it('but a pipe that was named is a failure', async () => {
    execFileSync('mkfifo', [path.join(scene.dir, 'pipe')])
    const result = await scene.run(['upload', 'pipe', scene.target(), '--json'])
    expect(result.status).toBe(1)
    expect(failures(result)).toEqual([['pipe', 'failed', 'source-unsupported']])
  })

  it('a name that is not UTF-8', async () => {
    await scene.write('d/a', 'x')
    await fs.writeFile(Buffer.concat([Buffer.from(`${scene.dir}/d/`), Buffer.from([0x66, 0xff])]), 'x')
    const result = await scene.run(['upload', 'd', scene.target(), '--json'])
    expect(result.status).toBe(1)
    expect(result.of('transfer').filter(({ phase }) => phase === 'failed')).toHaveLength(1)
    expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}d/a`])
  })

  it.each([
    ['changes', async (file: string) => fs.appendFile(file, 'more'), 'source-changed'],
    ['is cut short', async (file: string) => fs.truncate(file, MIB), 'source-changed'],
    ['vanishes', async (file: string) => fs.rm(file), 'source-missing'],
  ])('a file that %s during the upload', async (_, act, code) => {
    await scene.write('d/a', 'x')
    const file = await scene.write('d/large', randomBytes(16 * MIB))
    // One connection: parts are still to be read when the file is touched.
    const flags = ['--connections', '1', '--limit', '4 MiB/s', '--part-size', '5MiB']
    const run = scene.start(['upload', 'd', scene.target(), '--json', '--control', ...flags])
    await run.until((line) => line.type === 'progress' && Number(line.sentBytes) > MIB)
    await act(file)
    run.child.stdin.end('limit unlimited\n')
    const result = await run.ended
    expect(result.status).toBe(1)
    expect(failures(result)).toEqual([['large', 'failed', code]])
    expect(await scene.far.keys(scene.prefix)).toEqual([`${scene.prefix}d/a`])
    expect(await scene.far.openUploads()).toEqual([])
  })
})

it('retries what a server refuses for a moment, and says how often', async () => {
  await scene.write('large', randomBytes(11 * MIB))
  scene.server.setFaults([
    { on: 'UploadPart', partNumber: 2, do: { kind: 'answer', status: 500, code: 'InternalError' } },
    { on: 'UploadPart', partNumber: 1, do: { kind: 'drop', afterBytes: MIB } },
  ])
  const result = await scene.run(['upload', 'large', scene.target(), '--json', '--part-size', '5MiB'])
  expect(result.status).toBe(0)
  expect(result.lines.at(-1)).toMatchObject({ completed: 1, retries: 2 })
  expect(Number(result.lines.at(-1)?.resentBytes)).toBeGreaterThan(0)
})

it('gives up when told to', async () => {
  await scene.write('first', 'x')
  expect((await scene.run(['upload', 'first', scene.target()])).status).toBe(0)
  await scene.write('a', 'x')
  await scene.write('b', 'x')
  const refused = { kind: 'answer', status: 500, code: 'InternalError' } as const
  scene.server.setFaults([{ on: 'any', key: `${scene.prefix}a`, times: null, do: refused }])
  const result = await scene.run(['upload', 'b', 'a', scene.target(), '--json', '--give-up-after', '2s'])
  expect(result.status).toBe(1)
  expect(result.of('transfer').map(({ key, phase }) => [key, phase])).toEqual([
    [`${scene.prefix}b`, 'completed'],
    [`${scene.prefix}a`, 'failed'],
  ])
})
