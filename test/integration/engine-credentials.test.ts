import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/main/demo/faults.ts'
import type { CredentialSource } from '../../src/main/engine/api.ts'
import { awsHomeForEach } from '../support/aws-home.ts'
import { runCli, startCli } from '../support/cli.ts'
import { startTestDemo } from '../support/demo-bucket.ts'
import { destinationOf, EngineScene, MiB } from '../support/engine-scene.ts'
import { keyProgram } from '../support/key-program.ts'

/** Keys that run out while files are on their way: everything waits, nothing fails, nothing that arrived is lost. */

const home = awsHomeForEach()

const expired = (sessionToken: string, skip: number, code = 'ExpiredToken', status = 400): Fault => ({
  on: 'any',
  sessionToken,
  skip,
  times: null,
  do: { kind: 'answer', status, code },
})

const large = randomBytes(23 * MiB)
const small = Array.from({ length: 60 }, (_, index) => randomBytes(1000 + index))

async function addFiles(scene: EngineScene): Promise<void> {
  await scene.write('large', large)
  for (const [index, bytes] of small.entries()) await scene.write(`small-${index}`, bytes)
  await scene.add(scene.folder, '')
}

async function expectAllThere(scene: EngineScene): Promise<void> {
  expect(await scene.end('large')).toMatchObject({ phase: 'completed', verified: 'checksum' })
  for (const index of small.keys()) expect(await scene.end(`small-${index}`)).toMatchObject({ phase: 'completed' })
  expect(large.equals(await scene.far.bytes('large'))).toBe(true)
  for (const [index, bytes] of small.entries()) {
    expect(bytes.equals(await scene.far.bytes(`small-${index}`)), `small-${index}`).toBe(true)
  }
  // No part that the server had taken was sent again.
  const parts = scene.requests('UploadPart').filter(({ status }) => status === 200)
  expect(new Set(parts.map(({ partNumber }) => partNumber)).size).toBe(parts.length)
  expect(parts).toHaveLength(5)
}

/** Each question once: while it stands, the destination may be told again for another reason. */
function complaints(scene: EngineScene): readonly (string | null)[] {
  const told = scene.events.flatMap((event) => (event.type === 'destination' ? [event.error?.code ?? null] : []))
  return told.filter((code, index) => code !== null && code !== told[index - 1])
}

/** What went out with the old keys has been answered: nobody answers a question as fast as a test does. */
function untilAtRest(scene: EngineScene): Promise<void> {
  return scene.until(async () => (await scene.engine.call('stats', null)).connections === 0)
}

async function use(scene: EngineScene, credentials: CredentialSource): Promise<void> {
  await scene.engine.call('putDestination', destinationOf(scene.server, { credentials }))
}

describe('keys that run out in mid-transfer', () => {
  it.each([
    ['before the first request', 'ExpiredToken', 400, 0],
    ['after the third', 'ExpiredToken', 400, 3],
    ['after the ninth', 'ExpiredToken', 400, 9],
    ['after the fortieth', 'ExpiredToken', 400, 40],
    ['with another word for it', 'RequestExpired', 403, 5],
  ])('%s are asked for anew, and all goes on by itself', async (_what, code, status, skip) => {
    await using scene = await EngineScene.start()
    const program = keyProgram(home, scene.server)
    await use(scene, { kind: 'profile', profile: program.profile })
    scene.server.setFaults([expired('token-1', skip, code, status)])
    await addFiles(scene)
    await expectAllThere(scene)
    expect(program.runs()).toBe(2)
    expect(complaints(scene)).toEqual([])
  })

  it('and are replaced by the same ones: one question, and all goes on once it is answered', async () => {
    await using scene = await EngineScene.start()
    const program = keyProgram(home, scene.server)
    await use(scene, { kind: 'profile', profile: program.profile })
    program.gives('same')
    scene.server.setFaults([expired('token-0', 4)])
    await addFiles(scene)
    await scene.event('destination', ({ error }) => error?.code === 'credentials-expired')
    expect(program.runs()).toBe(2)
    const { failed, unfinished } = await scene.engine.call('stats', null)
    expect(failed).toBe(0)
    expect(unfinished).toBeGreaterThan(0)

    await untilAtRest(scene)
    program.gives('new')
    await scene.engine.call('unblockDestination', { id: 'd' })
    await expectAllThere(scene)
    expect(complaints(scene)).toEqual(['credentials-expired'])
  })

  it('and for which the program has no others: its own words, and all goes on once somebody has signed in', async () => {
    await using scene = await EngineScene.start()
    const program = keyProgram(home, scene.server)
    await use(scene, { kind: 'profile', profile: program.profile })
    program.gives('once')
    scene.server.setFaults([expired('token-1', 4)])
    await addFiles(scene)
    const { error } = await scene.event('destination', (event) => event.error !== null)
    expect(error?.message).toBe(
      'The profile “desk” gives no keys: its credential_process failed: sign in at the front desk.',
    )
    program.gives('new')
    await scene.engine.call('unblockDestination', { id: 'd' })
    await expectAllThere(scene)
  })

  it('and whose successors are refused as well end in one question, not in a storm', async () => {
    await using scene = await EngineScene.start()
    const program = keyProgram(home, scene.server)
    await use(scene, { kind: 'profile', profile: program.profile })
    scene.server.setFaults([{ on: 'any', times: null, do: { kind: 'answer', status: 400, code: 'ExpiredToken' } }])
    await addFiles(scene)
    await scene.event('destination', ({ error }) => error?.code === 'credentials-expired')
    expect(program.runs()).toBe(2)
    const asked = scene.server.log.length
    expect(asked).toBeLessThan(20)
    scene.server.setFaults([])
    await scene.engine.call('unblockDestination', { id: 'd' })
    await expectAllThere(scene)
  })

  it('and were typed are asked for once, and all goes on with the new ones', async () => {
    await using scene = await EngineScene.start()
    const { accessKeyId, secretAccessKey } = scene.server
    const typed = (sessionToken: string) => ({ kind: 'keys' as const, accessKeyId, secretAccessKey, sessionToken })
    await use(scene, typed('typed-1'))
    scene.server.setFaults([expired('typed-1', 5)])
    await addFiles(scene)
    await scene.event('destination', ({ error }) => error?.code === 'credentials-expired')
    await untilAtRest(scene)
    await use(scene, typed('typed-2'))
    await expectAllThere(scene)
    expect(complaints(scene)).toEqual(['credentials-expired'])
  })
})

it('keys of a short life are not asked for again and again', async () => {
  await using scene = await EngineScene.start()
  // Shorter than the margin in which others are replaced.
  const program = keyProgram(home, scene.server, 60_000)
  await use(scene, { kind: 'profile', profile: program.profile })
  await addFiles(scene)
  await expectAllThere(scene)
  expect(program.runs()).toBe(1)
})

describe('on the command line', () => {
  it('files go on with new keys', async () => {
    await using server = await startTestDemo()
    const program = keyProgram(home, server)
    server.setFaults([expired('token-1', 3)])
    await writeFile(join(home.dir, 'tape'), large)
    const target = `s3://${server.bucket}/tape`
    const flags = ['--endpoint', server.endpoint, '--profile', program.profile, '--json']
    const result = await runCli(['upload', join(home.dir, 'tape'), target, ...flags], { env: home.env })
    expect(result.stderr).toBe('')
    expect(result.status).toBe(0)
    expect(result.of('summary')).toMatchObject([{ completed: 1, failed: 0 }])
    expect(program.runs()).toBe(2)
  })

  it('standard input goes on with new keys, from the parts in memory', async () => {
    await using server = await startTestDemo()
    const program = keyProgram(home, server)
    server.setFaults([expired('token-1', 4)])
    const target = `s3://${server.bucket}/stream`
    const flags = ['--endpoint', server.endpoint, '--profile', program.profile, '--json', '--part-size', '5 MiB']
    const run = startCli(['upload', '-', target, ...flags], { env: home.env })
    run.child.stdin.end(large)
    const result = await run.ended
    expect(result.stderr).toBe('')
    expect(result.of('summary')).toMatchObject([{ completed: 1, failed: 0 }])
    expect(program.runs()).toBe(2)
  })
})
