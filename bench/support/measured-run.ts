import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'

/**
 * Runs a command to its end and says what the whole process tree cost. Node cannot ask the kernel for a child's
 * usage, so a few lines of Python (which AWS CLI needs anyway) start the command and read RUSAGE_CHILDREN after
 * it: user + system time of all descendants that were waited for, and the largest peak of memory of any one.
 */
const WRAPPER = `
import json, os, resource, subprocess, sys, time
began = time.monotonic()
status = subprocess.call(sys.argv[1:])
seconds = time.monotonic() - began
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
os.write(3, json.dumps({"status": status, "seconds": seconds, "cpuSeconds": usage.ru_utime + usage.ru_stime,
  "peakMiB": usage.ru_maxrss / 1024}).encode())
`
const PYTHON = '/usr/bin/python3'

export interface Run {
  readonly seconds: number
  /** User + system, all processes. */
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly stdout: string
}

export interface Command {
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Given up after this long. Default 120 s. */
  readonly timeoutMs?: number
}

export interface Running {
  readonly child: ChildProcess
  /** Rejects with the end of stderr when the command fails or takes too long. */
  readonly ended: Promise<Run>
}

export function start({ args, env = {}, timeoutMs = 120_000 }: Command): Running {
  // A group of its own, so that all of it can be ended by its id.
  const child = spawn(PYTHON, ['-c', WRAPPER, ...args], {
    env: { ...plainEnvironment(), ...env },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const endGroup = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
  }
  process.once('exit', endGroup)
  const timer = setTimeout(endGroup, timeoutMs)
  const [stdout, stderr, usage] = [child.stdout, child.stderr, child.stdio[3]].map(collected)
  const ended = new Promise<Run>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', () => {
      clearTimeout(timer)
      process.off('exit', endGroup)
      const report = usage?.() ?? ''
      const run = report === '' ? { status: 'killed' } : JSON.parse(report)
      if (run.status === 0) return resolve({ ...run, stdout: stdout?.() ?? '' })
      reject(
        new Error(`${args.join(' ')} ended with ${run.status}: ${stderr?.().slice(-600)}${stdout?.().slice(-300)}`),
      )
    })
  })
  // Whoever waits for something else first must not find the process gone over an unhandled rejection.
  ended.catch(() => {})
  child.stdin.on('error', () => {})
  return { child, ended }
}

export async function run(command: Command): Promise<Run> {
  const { child, ended } = start(command)
  child.stdin?.end()
  return await ended
}

/** Without the keys, profiles and proxies of whoever runs the benchmark. */
function plainEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) => value !== undefined && !/^(AWS_|RCLONE_|NODE_OPTIONS|npm_|INIT_CWD|.*_proxy$)/i.test(name),
  )
  return Object.fromEntries(kept) as Record<string, string>
}

function collected(stream: unknown): () => string {
  let text = ''
  ;(stream as NodeJS.ReadableStream).setEncoding('utf8').on('data', (piece: string) => {
    text += piece
  })
  return () => text
}
