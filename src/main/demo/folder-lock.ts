import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { unlink } from 'node:fs/promises'
import type { Server } from 'node:net'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * Lets one server use a folder at a time: two would remove each other's temporary files and overwrite each other's
 * index. The lock is a listening local socket, because the system closes it when its process dies, however it dies;
 * a file with a process id would outlive a kill. Its name is a hash: socket paths are limited to about 100 bytes.
 * @returns what releases it. @throws Error with a sentence when the folder is in use.
 */
export async function lockFolder(dir: string): Promise<() => Promise<void>> {
  const name = `sluice-demo-${createHash('sha256').update(realpathSync(dir)).digest('hex').slice(0, 24)}`
  const path = process.platform === 'win32' ? `\\\\.\\pipe\\${name}` : join(tmpdir(), `${name}.sock`)
  const server = createServer((socket) => socket.destroy())
  if (!(await tryListen(server, path))) {
    if (await answers(path)) throw new Error(`Another demo bucket is using the folder ${dir}.`)
    // Left behind by a process that was killed.
    await unlink(path).catch(() => {})
    if (!(await tryListen(server, path))) throw new Error(`Another demo bucket is using the folder ${dir}.`)
  }
  server.unref()
  return () => new Promise((resolve) => server.close(() => resolve()))
}

function tryListen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      if (error.code === 'EADDRINUSE') resolve(false)
      else reject(error)
    }
    server.once('error', onError)
    server.listen(path, () => {
      server.off('error', onError)
      resolve(true)
    })
  })
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })
}
