import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { electronBinary, fetchElectron } from '../../src/main/start/electron-binary.ts'
import { zipOf } from '../support/electron-zip.ts'

/** Electron's real installer, against a mirror of our own. */

const PROJECT = join(import.meta.dirname, '../..')
const never = new AbortController().signal

let folder: string
let packageDir: string
let server: Server | null = null
let progress: [number, number | null][]

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-electron-'))
  packageDir = join(folder, 'electron')
  mkdirSync(packageDir)
  for (const file of ['install.js', 'package.json', 'checksums.json']) {
    cpSync(join(PROJECT, 'node_modules/electron', file), join(packageDir, file))
  }
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'), 'junction')
  vi.stubEnv('electron_config_cache', join(folder, 'cache'))
  progress = []
})
afterEach(async () => {
  vi.unstubAllEnvs()
  server?.closeAllConnections()
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(null)))
  server = null
  rmSync(folder, { recursive: true, force: true })
})

async function mirror(listener: RequestListener): Promise<void> {
  server = createServer(listener)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  vi.stubEnv('ELECTRON_MIRROR', `http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
}

const fetchIt = (silenceMs: number, signal = never) =>
  fetchElectron({ packageDir, signal, silenceMs, onProgress: (...step) => progress.push(step) })

it('brings the binary, telling how far it is', async () => {
  const { version } = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8'))
  const isWindows = process.platform === 'win32'
  const binary =
    process.platform === 'darwin' ? 'Electron.app/Contents/MacOS/Electron' : isWindows ? 'electron.exe' : 'electron'
  const zip = zipOf({ version, [binary]: 'a binary', filler: 'x'.repeat(300_000) })
  const name = `electron-v${version}-${process.platform}-${process.arch}.zip`
  const sums = { [name]: createHash('sha256').update(zip).digest('hex') }
  writeFileSync(join(packageDir, 'checksums.json'), JSON.stringify(sums))
  await mirror((_request, response) => response.writeHead(200, { 'content-length': zip.length }).end(zip))

  expect(electronBinary(packageDir, {})).toBeNull()
  expect(await fetchIt(60_000)).toBeNull()
  expect(electronBinary(packageDir, {})).toBe(join(packageDir, 'dist', binary))
  expect(progress.at(-1)).toEqual([zip.length, zip.length])
  expect(electronBinary(packageDir, { ELECTRON_OVERRIDE_DIST_PATH: join(folder, 'elsewhere') })).toBeNull()
})

it('gives up when no byte arrives any more', async () => {
  await mirror((_request, response) => {
    response.writeHead(200, { 'content-length': 1_000_000 }).write(Buffer.alloc(1000))
  })
  expect(await fetchIt(2000)).toBe("Electron's binary cannot be fetched (no byte came for 2 s)")
  expect(progress).toEqual([[1000, 1_000_000]])
  expect(existsSync(join(packageDir, 'path.txt'))).toBe(false)
})

it('stops when it is told to', async () => {
  const abort = new AbortController()
  await mirror(() => abort.abort())
  expect(await fetchIt(60_000, abort.signal)).toBe("the download of Electron's binary was stopped")
})

it.each([
  ['a refused connection', null, 'ECONNREFUSED'],
  ['a missing file', 404, 'Response code 404'],
])('names the reason: %s', async (_what, status, reason) => {
  await mirror((_request, response) => response.writeHead(status ?? 200).end())
  if (status === null) await new Promise((resolve) => server?.close(resolve))
  expect(await fetchIt(60_000)).toBe(`Electron's binary cannot be fetched (${reason})`)
})
