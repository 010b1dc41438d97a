import { createHash } from 'node:crypto'
import { chmodSync, rmSync } from 'node:fs'
import type { Socket } from 'node:net'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { z } from 'zod'

/**
 * A second start gives its files to the one that has the data folder, over a socket in that folder (a named pipe on
 * Windows). Electron has this built in; the Chromium shell has not.
 */

const filesSchema = z.array(z.string().min(1).max(32_768)).max(10_000)
/** Systems cut the path of a socket at 104 to 108 bytes. */
const MAX_SOCKET_PATH_BYTES = 100
const ANSWER_MS = 5_000
const TAKEN = 'taken'

function socketPath(dataDir: string): string | null {
  if (process.platform === 'win32') {
    return `\\\\.\\pipe\\sluice-${createHash('sha256').update(dataDir).digest('hex').slice(0, 32)}`
  }
  const path = join(dataDir, 'shell.sock')
  return Buffer.byteLength(path) > MAX_SOCKET_PATH_BYTES ? null : path
}

/** True: a running Sluice has taken these absolute paths and shows its window. */
export async function handOver(dataDir: string, files: readonly string[]): Promise<boolean> {
  const path = socketPath(dataDir)
  if (path === null) return false
  const socket = connect(path)
  socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')))
  socket.end(JSON.stringify(files))
  try {
    return (await text(socket)) === TAKEN
  } catch {
    // Nobody is there: the file is missing, or left over from a start that was killed.
    return false
  }
}

/** Calls `onFiles` for each later start. For the owner of the data folder alone. Returns a function that ends it. */
export function takeHandOvers(dataDir: string, onFiles: (files: readonly string[]) => void): () => void {
  const path = socketPath(dataDir)
  if (path === null) return () => {}
  if (process.platform !== 'win32') rmSync(path, { force: true })
  // Half open: the other side has ended when its files are here, and still reads the answer.
  const server = createServer({ allowHalfOpen: true }, (socket) => void take(socket, onFiles))
  server.on('error', () => {})
  server.listen(path, () => process.platform === 'win32' || chmodSync(path, 0o600))
  server.unref()
  return () => server.close()
}

async function take(socket: Socket, onFiles: (files: readonly string[]) => void): Promise<void> {
  socket.setTimeout(ANSWER_MS, () => socket.destroy())
  try {
    onFiles(filesSchema.parse(JSON.parse(await text(socket))))
    socket.end(TAKEN)
  } catch {
    socket.destroy()
  }
}
