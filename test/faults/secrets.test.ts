import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { App } from '../../src/main/app/app.ts'
import { createApp } from '../../src/main/app/app.ts'
import type { CommandInput, CommandName, CommandOutput, HostEvent } from '../../src/shared/contract.ts'
import { destinationSchema } from '../../src/shared/destination.ts'
import { awsHome } from '../support/aws-home.ts'
import { runCli } from '../support/cli.ts'
import { startTestDemo } from '../support/demo-bucket.ts'
import { sourceWorkers } from '../support/engine-scene.ts'

/** Known secrets go in by every door; then everything that was written, printed or told is searched for them. */

const SECRET = 'kNoWnSeCrEt+/wJalrXUtnFEMI/K7MDENG/bPxRfiCY'
const TOKEN = 'kNoWnToKeN//FwoGZXIvYXdzEBYaDH+example=='

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Every file below `dir`, as text of bytes. */
function filesBelow(dir: string): [string, string][] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => [join(parentPath, name), readFileSync(join(parentPath, name)).toString('latin1')])
}

function expectClean(where: string, text: string, hidden: readonly string[] = [SECRET, TOKEN]): void {
  for (const secret of hidden) {
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')]) {
      expect(text.includes(form), `${where} holds ${form}`).toBe(false)
    }
  }
  expect(text, where).not.toMatch(/Signature=[0-9a-f]{64}/)
}

async function ask<N extends CommandName>(app: App, name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
  const result = await app.dispatch(name, input)
  if (!result.ok) throw new Error(result.error.message)
  return result.value as CommandOutput<N>
}

it('the window: settings, journal, log, events and the diagnostics report hold none', async () => {
  await using server = await startTestDemo({ accessKeyId: 'AKIAKNOWNKNOWNKNOWN2', secretAccessKey: SECRET })
  const dataDir = join(folder, 'data')
  const source = join(folder, 'files')
  mkdirSync(source)
  writeFileSync(join(source, 'small'), 'small')
  writeFileSync(join(source, 'large'), Buffer.alloc(12 * 1024 * 1024, 'large'))
  const told: HostEvent[] = []
  const app = createApp({
    shell: { kind: 'chromium', dialogs: null },
    workerPaths: { ...sourceWorkers, demo: new URL('../../src/main/demo/worker.ts', import.meta.url) },
    dataDir,
    openSettingsFile: ({ folder: cwd, name }) => new Conf({ cwd, configName: name }),
    secretStores: [],
    version: '0',
  })
  app.onEvent((event) => void told.push(event))
  try {
    const destination = destinationSchema.parse({
      id: 'mine',
      name: 'Mine',
      endpoint: server.endpoint,
      region: server.region,
      bucket: server.bucket,
      prefix: '',
      pathStyle: true,
      credentials: { kind: 'keys', accessKeyId: server.accessKeyId },
      onExists: 'overwrite',
      caFile: null,
      proxy: null,
      bindAddress: null,
    })
    // A server that says back what it was sent, as some do in their messages.
    const message = `You sent AWS4-HMAC-SHA256 Credential=${server.accessKeyId}/x Signature=00 and ${SECRET} ${TOKEN}`
    const talks = { kind: 'answer' as const, status: 400, code: 'InvalidArgument', message }
    server.setFaults([{ on: 'PutObject', key: 'files/small', times: null, do: talks }])
    const secret = { secretAccessKey: SECRET, sessionToken: TOKEN }
    const answers: unknown[] = [
      await ask(app, 'testDestination', { destination, secret }),
      await ask(app, 'saveDestination', { destination, secret }),
      await ask(app, 'subscribe', {
        firstIndex: 0,
        count: 50,
        filter: 'all',
        sort: { by: 'queue', descending: false },
      }),
      await ask(app, 'addPaths', { paths: [source], destinationId: 'mine' }),
    ]
    await app.whenIdle()
    await expect.poll(() => server.counters.CompleteMultipartUpload ?? 0, { timeout: 60_000 }).toBeGreaterThan(0)
    // It must have met the message, or the rest would prove nothing.
    await expect.poll(() => JSON.stringify(told).includes('You sent'), { timeout: 60_000 }).toBe(true)
    answers.push(await ask(app, 'hello', {}))
    const { path } = await ask(app, 'exportDiagnostics', {})
    expectClean('an answer', JSON.stringify(answers))
    expectClean('an event', JSON.stringify(told))
    const report = readFileSync(path, 'utf8')
    expectClean('the report', report)
    expect(report).toContain('You sent')
    expect(report).not.toContain(server.accessKeyId)
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o077).toBe(0)
  } finally {
    await app.close()
  }
  const files = filesBelow(dataDir)
  expect(files.map(([name]) => name)).toEqual(expect.arrayContaining([expect.stringMatching(/settings\.json$/)]))
  for (const [name, text] of files) expectClean(name, text)
})

it('the command line: --json, stderr, receipt, journal and the report hold none, whatever goes wrong', async () => {
  await using server = await startTestDemo({ accessKeyId: 'AKIAKNOWNKNOWNKNOWN2', secretAccessKey: SECRET })
  const source = join(folder, 'files')
  mkdirSync(source)
  writeFileSync(join(source, 'good'), Buffer.alloc(6 * 1024 * 1024, 'good'))
  writeFileSync(join(source, 'bad'), 'bad')
  const dataDir = join(folder, 'data')
  const message = `refused: ${SECRET}, token=${TOKEN}, https://me:${encodeURIComponent(SECRET)}@proxy`
  const talks = { kind: 'answer' as const, status: 400, code: 'InvalidArgument', message }
  server.setFaults([{ on: 'PutObject', key: 'bad', times: null, do: talks }])
  const receipt = join(folder, 'receipt.csv')
  const args = ['upload', `${source}/`, `s3://${server.bucket}/`, '--multipart-threshold', '5 MiB']
  const env = { AWS_SESSION_TOKEN: TOKEN, XDG_STATE_HOME: join(folder, 'state') }
  for (const flags of [['--json'], [], ['--json', '--receipt', receipt]]) {
    const run = await runCli([...args, ...flags, '--data-dir', dataDir], { server, env })
    expect(run.status).toBe(1)
    expect(run.stdout + run.stderr).toContain('refused')
    expectClean('stdout', run.stdout)
    expectClean('stderr', run.stderr)
  }
  for (const [name, text] of [...filesBelow(dataDir), [receipt, readFileSync(receipt, 'utf8')] as const]) {
    expectClean(name, text)
  }
  const report = await runCli(['diagnostics', '--data-dir', dataDir], { server, env })
  expect(JSON.parse(report.stdout)).toMatchObject({ shell: 'cli' })
  expectClean('the report', report.stdout)
})

it('a program that gives keys and fails with a page of them is not quoted', async () => {
  using home = awsHome()
  const program = join(home.dir, 'keys.sh')
  writeFileSync(program, `#!/bin/sh\necho 'session_token=${TOKEN} password: ${SECRET}' >&2\nexit 1\n`)
  chmodSync(program, 0o755)
  home.write('config', `[profile tool]\ncredential_process = ${program} --client-secret ${SECRET}\n`)
  writeFileSync(join(folder, 'file'), 'file')
  const args = ['upload', join(folder, 'file'), 's3://bucket/', '--endpoint', 'http://127.0.0.1:9', '--profile', 'tool']
  const run = await runCli([...args, '--json'], { env: { ...home.env, XDG_STATE_HOME: join(folder, 'state') } })
  expect(run.status).toBe(1)
  expect(run.stderr).toContain('The profile “tool” gives no keys')
  expectClean('stdout', run.stdout)
  expectClean('stderr', run.stderr)
  for (const [name, text] of filesBelow(folder)) expectClean(name, text)
})
