import { fork } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { FetchProgress } from './report-fetch.ts'

/** Electron's package brings its binary on demand. Its own installer fetches it; this file watches and gives up. */

/** A download that brings nothing for this long is not coming. */
const SILENCE_MS = 20_000
/** Often enough to look alive, seldom enough to read. */
const SHOW_EVERY_MS = 500

/** The binary of the package in `packageDir`, or null. Asks what `isInstalled()` of electron/install.js asks. */
export function electronBinary(packageDir: string, env: NodeJS.ProcessEnv): string | null {
  try {
    const read = (...path: string[]) => readFileSync(join(packageDir, ...path), 'utf8')
    const { version } = JSON.parse(read('package.json'))
    if (read('dist', 'version').trim().replace(/^v/, '') !== version) return null
    const path = join(env.ELECTRON_OVERRIDE_DIST_PATH || join(packageDir, 'dist'), read('path.txt'))
    return existsSync(path) ? path : null
  } catch {
    return null
  }
}

export interface FetchOptions {
  readonly packageDir: string
  readonly signal: AbortSignal
  readonly silenceMs?: number
  /** `totalBytes` is null while the server has not said. */
  readonly onProgress: (receivedBytes: number, totalBytes: number | null) => void
}

/** Runs the package's installer. Null when the binary is there; otherwise half a sentence that says why not. */
export function fetchElectron({
  packageDir,
  signal,
  silenceMs = SILENCE_MS,
  onProgress,
}: FetchOptions): Promise<string | null> {
  const installer = fork(join(packageDir, 'install.js'), {
    execArgv: ['--import', join(import.meta.dirname, 'report-fetch.ts')],
    // Node's fetch leaves proxies alone unless it is asked.
    env: { ...process.env, NODE_USE_ENV_PROXY: '1', ELECTRON_GET_NO_PROGRESS: '1' },
    silent: true,
  })
  let stopped: string | null = null
  const stop = (reason: string) => {
    stopped ??= reason
    installer.kill()
  }
  const onSilence = () => stop(`Electron's binary cannot be fetched (no byte came for ${silenceMs / 1000} s)`)
  let silence = setTimeout(onSilence, silenceMs)
  let shownAtMs = 0
  installer.on('message', ({ receivedBytes, totalBytes }: FetchProgress) => {
    clearTimeout(silence)
    // After the last byte comes the unpacking, which is silent.
    if (receivedBytes !== totalBytes) silence = setTimeout(onSilence, silenceMs)
    if (receivedBytes !== totalBytes && Date.now() - shownAtMs < SHOW_EVERY_MS) return
    shownAtMs = Date.now()
    onProgress(receivedBytes, totalBytes)
  })
  const onAbort = () => stop("the download of Electron's binary was stopped")
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort)
  let said = ''
  installer.stderr?.on('data', (chunk: Buffer) => {
    said += chunk
  })
  return new Promise((resolve) => {
    installer.on('error', (error) => stop(`Electron's installer cannot run (${error.message})`))
    installer.on('close', (code) => {
      clearTimeout(silence)
      signal.removeEventListener('abort', onAbort)
      resolve(stopped ?? (code === 0 ? null : `Electron's binary cannot be fetched (${reasonIn(said)})`))
    })
  })
}

/** The installer prints a stack whose first line names the error; a failed fetch keeps the real reason in its cause. */
function reasonIn(stderr: string): string {
  const cause = /\b(E[A-Z]{4,}|UND_ERR_[A-Z_]+|Response code \d+)\b/.exec(stderr)
  if (cause?.[1] !== undefined) return cause[1]
  return (
    stderr
      .trim()
      .split('\n')[0]
      ?.replace(/^\w*Error: /, '') || 'its installer failed'
  )
}
