import { once } from 'node:events'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { startCli } from '../support/cli.ts'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()

async function firstLine(run: ReturnType<typeof startCli>): Promise<Record<string, string>> {
  while (!run.stdoutSoFar().includes('\n')) await once(run.child.stdout, 'data')
  return JSON.parse(run.stdoutSoFar().split('\n')[0] ?? '')
}

it('demo-server: its first line leads an upload to it, and a restart answers to the same keys', async () => {
  const dir = path.join(scene.dir, 'server')
  const server = scene.start(['demo-server', '--dir', dir, '--port', '0', '--json'])
  const info = await firstLine(server)
  expect(Object.keys(info).sort()).toEqual(['accessKeyId', 'bucket', 'endpoint', 'region', 'secretAccessKey'])
  expect(info.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(info.accessKeyId + String(info.secretAccessKey)).toMatch(/^[A-Za-z0-9]+$/)
  await scene.write('a', 'x')
  const { endpoint = '', region = '', accessKeyId = '', secretAccessKey = '', bucket = '' } = info
  const reach = { endpoint, region, accessKeyId, secretAccessKey }
  expect((await scene.run(['upload', 'a', `s3://${bucket}/`], { server: reach })).status).toBe(0)
  server.child.kill('SIGTERM')
  expect((await server.ended).status).toBe(0)
  expect((await server.ended).stdout.trim().split('\n')).toHaveLength(1)

  const again = scene.start(['demo-server', '--dir', dir])
  const { endpoint: newEndpoint = '', ...keys } = await firstLine(again)
  expect(keys).toEqual({ region, bucket, accessKeyId, secretAccessKey })
  const second = await scene.run(['upload', 'a', `s3://${bucket}/`, '--json'], {
    server: { ...reach, endpoint: newEndpoint },
  })
  expect(second.of('transfer')[0]).toMatchObject({ phase: 'skipped' })
  again.child.kill('SIGINT')
  expect((await again.ended).status).toBe(0)
  const modes = await Promise.all(
    (await fs.readdir(dir)).map(async (name) => [(await fs.stat(path.join(dir, name))).mode & 0o077, name]),
  )
  expect(modes.filter(([mode]) => mode !== 0)).toEqual([])
})

it('demo-server: a taken port is one sentence and exit 1', async () => {
  const port = new URL(scene.server.endpoint).port
  const { status, stderr } = await scene.run(['demo-server', '--port', port, '--dir', path.join(scene.dir, 'x')])
  expect(status).toBe(1)
  expect(stderr.trim().split('\n')).toHaveLength(1)
  expect(stderr).toContain(port)
})

it('demo: uploads, pauses, changes the limit, and finds every byte at the far side', async () => {
  const { status, stdout, stderr } = await scene.run(['demo'])
  expect([status, stderr]).toEqual([0, ''])
  for (const said of [/demo bucket runs at/, /Pause/, /Resumed/, /Half-way/, /Every byte arrived/]) {
    expect(stdout).toMatch(said)
  }
  expect(stdout).not.toMatch(/DIFFERS/)
})
