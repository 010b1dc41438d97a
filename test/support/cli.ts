import type { ChildProcessByStdio } from 'node:child_process'
import { spawn } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { DemoServer } from '../../src/main/demo/server.ts'

/** Runs the command line as a process of its own, as a person or a script would. */

const ENTRY = fileURLToPath(new URL('cli-entry.ts', import.meta.url))

/** The lines of `--json`, by type; the tests check the fields. */
export type JsonLine = { readonly type: string } & Readonly<Record<string, unknown>>

export interface CliResult {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** stdout as `--json` lines. Throws when a line is not JSON. */
  readonly lines: readonly JsonLine[]
  of(type: string): JsonLine[]
}

export interface CliProcess {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>
  readonly stdoutSoFar: () => string
  /** Resolves with the first `--json` line that passes, looking back too. Rejects when the process ends without one. */
  until(passes: (line: JsonLine) => boolean): Promise<JsonLine>
  readonly ended: Promise<CliResult>
}

export interface CliChoices {
  readonly cwd?: string
  readonly env?: Record<string, string>
  /** Keys and endpoint of this server are put into the environment. */
  readonly server?: Pick<DemoServer, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>
}

export function startCli(args: readonly string[], { cwd, env = {}, server }: CliChoices = {}): CliProcess {
  const child = spawn(process.execPath, [ENTRY, ...args], {
    cwd: cwd ?? process.cwd(),
    env: { ...cleanEnvironment(), ...(server && environmentFor(server)), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  child.stdin.on('error', () => {})
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    for (const watcher of watchers) watcher()
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text
  })
  const ended = new Promise<CliResult>((resolve) => {
    child.on('close', (status, signal) => {
      resolve({
        status,
        signal,
        stdout,
        stderr,
        get lines() {
          return jsonLines(stdout)
        },
        of: (type) => jsonLines(stdout).filter((line) => line.type === type),
      })
      for (const watcher of watchers) watcher()
    })
  })
  const until: CliProcess['until'] = (passes) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = jsonLines(stdout.slice(0, stdout.lastIndexOf('\n') + 1)).find(passes)
        if (found !== undefined) resolve(found)
        else if (child.exitCode !== null) reject(new Error(`ended with ${child.exitCode}: ${stdout}\n${stderr}`))
        else return
        watchers.delete(look)
      }
      watchers.add(look)
      look()
    })
  return { child, stdoutSoFar: () => stdout, until, ended }
}

/** Runs to the end with nothing on stdin. */
export function runCli(args: readonly string[], choices?: CliChoices): Promise<CliResult> {
  const { child, ended } = startCli(args, choices)
  child.stdin.end()
  return ended
}

export function environmentFor(server: NonNullable<CliChoices['server']>): Record<string, string> {
  return {
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_REGION: server.region,
    AWS_ENDPOINT_URL_S3: server.endpoint,
  }
}

function jsonLines(text: string): JsonLine[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as JsonLine)
}

/** Without the keys, profiles and proxies of whoever runs the tests. */
function cleanEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(AWS_|NODE_OPTIONS|VITEST|npm_|INIT_CWD|.*_proxy$)/i.test(name),
  )
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    AWS_CONFIG_FILE: '/nowhere/config',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere/credentials',
    AWS_EC2_METADATA_DISABLED: 'true',
    // Journals of runs: never among those of whoever runs the tests.
    XDG_STATE_HOME: join(tmpdir(), `sluice-state-${process.pid}`),
  }
}
