import type { BigIntStats } from 'node:fs'
import { SluiceError } from '../../shared/errors.ts'
import type { FileIdentity } from './sender-protocol.ts'
import { sourceError, userFs } from './user-files.ts'

/** What the file at `path` is now. Throws a SluiceError with a `source-…` code. */
export async function readIdentity(path: string): Promise<FileIdentity> {
  try {
    return identityOf(await userFs.promises.stat(path, { bigint: true }))
  } catch (thrown) {
    throw new SluiceError(sourceError(thrown), thrown)
  }
}

/** A file of the person's, open for reading. Every failure is a SluiceError with a `source-…` code. */
export class SourceFile {
  readonly #path: string
  readonly #fd: number

  private constructor(path: string, fd: number) {
    this.#path = path
    this.#fd = fd
  }

  static open(path: string): Promise<SourceFile> {
    return new Promise((resolve, reject) => {
      // Non-blocking: opening a pipe that took the file's place would wait for a writer for ever.
      const flags = userFs.constants.O_RDONLY | (userFs.constants.O_NONBLOCK ?? 0)
      userFs.open(path, flags, (error, fd) => {
        if (error) reject(new SluiceError(sourceError(error), error))
        else resolve(new SourceFile(path, fd))
      })
    })
  }

  /** Throws `source-changed` unless the open file is the one that was queued. */
  async checkOpen(expected: FileIdentity): Promise<void> {
    const stats = await new Promise<BigIntStats>((resolve, reject) => {
      userFs.fstat(this.#fd, { bigint: true }, (error, found) => {
        if (error) reject(new SluiceError(sourceError(error), error))
        else resolve(found)
      })
    })
    if (!sameFile(identityOf(stats), expected)) throw this.changed()
  }

  /** The same for what the path leads to now: the open file may have been removed or replaced. */
  async checkPath(expected: FileIdentity): Promise<void> {
    if (!sameFile(await readIdentity(this.#path), expected)) throw this.changed()
  }

  /** Fills `buffer` from `position`. A file that ends early has changed, since its size is known. */
  async read(buffer: Uint8Array, position: number): Promise<void> {
    let filled = 0
    while (filled < buffer.byteLength) {
      const bytes = await this.#readSome(buffer, filled, position + filled)
      if (bytes === 0) throw this.changed()
      filled += bytes
    }
  }

  close(): void {
    userFs.close(this.#fd, () => {})
  }

  changed(): SluiceError {
    return new SluiceError({
      code: 'source-changed',
      message: 'The file changed while it was being uploaded: start it again when nothing writes to it any more.',
    })
  }

  #readSome(buffer: Uint8Array, at: number, position: number): Promise<number> {
    return new Promise((resolve, reject) => {
      userFs.read(this.#fd, buffer, at, buffer.byteLength - at, position, (error, bytes) => {
        if (error) reject(new SluiceError(sourceError(error), error))
        else resolve(bytes)
      })
    })
  }
}

function identityOf(stats: BigIntStats): FileIdentity {
  return { sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs, inode: stats.ino, device: stats.dev }
}

function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs && a.inode === b.inode && a.device === b.device
}
