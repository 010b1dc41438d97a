import { spawn } from 'node:child_process'

/** Ends by itself when its parent is gone. */
const LOOP = `
const parent = process.ppid
while (process.ppid === parent) for (let at = 0; at < 1e7; at++);
`

/** One core kept busy by a process of its own, until it is disposed of. */
export function busyCore(): Disposable {
  const child = spawn(process.execPath, ['--eval', LOOP], { stdio: 'ignore' })
  return { [Symbol.dispose]: () => void child.kill('SIGKILL') }
}
