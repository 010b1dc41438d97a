import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * The real sender thread on a disk that gives `SLOW_DISK_BYTES_PER_SECOND` to each reader. A disk of that kind cannot
 * be had on a test machine, so the thread's own `fs.read` answers as late as it would.
 */
const bytesPerSecond = Number(process.env.SLOW_DISK_BYTES_PER_SECOND)
const read = fs.read as (...args: unknown[]) => void

function slowRead(...args: unknown[]): void {
  const answer = args.at(-1) as (...answers: unknown[]) => void
  const late = (...answers: unknown[]) => {
    setTimeout(() => answer(...answers), (Number(answers[1]) / bytesPerSecond) * 1000)
  }
  read(...args.slice(0, -1), late)
}

// What `promisify` makes of it is told by symbols on the function.
for (const symbol of Object.getOwnPropertySymbols(read)) {
  Object.defineProperty(slowRead, symbol, { value: Reflect.get(read, symbol) })
}
Object.assign(fs, { read: slowRead })
syncBuiltinESMExports()
await import('../../src/main/engine/sender.ts')
