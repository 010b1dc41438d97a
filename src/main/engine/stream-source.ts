import { createReadStream, fstatSync } from 'node:fs'
import { Socket } from 'node:net'
import { isatty, ReadStream as TtyStream } from 'node:tty'

/**
 * Standard input, read by the thread that calls this: its bytes pass through no other. Pipes and terminals are polled,
 * since a read that blocks would hold the process up when it wants to end.
 * Whoever calls it must be the only reader.
 */
export function standardInput(): AsyncIterable<Uint8Array> {
  if (isatty(0)) return new TtyStream(0)
  const stats = fstatSync(0)
  if (stats.isFIFO() || stats.isSocket()) return new Socket({ fd: 0, readable: true, writable: false })
  return createReadStream('', { fd: 0, autoClose: false, highWaterMark: 512 * 1024 })
}
