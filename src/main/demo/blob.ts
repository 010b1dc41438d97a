import type { FileHandle } from 'node:fs/promises'
import { open, unlink } from 'node:fs/promises'

/** Bodies up to here stay in memory until they are written with their record in one call. */
const MEMORY_BYTES = 256 * 1024
/** One write a MiB: a thread-pool hop per 64 KiB chunk would cost 0.3 s of CPU a GiB. */
const FLUSH_BYTES = 1024 * 1024
/** Beyond this the socket waits for the disk. */
const HOLD_BYTES = 4 * 1024 * 1024

/** Content on its way to becoming an object or a part. */
export type Blob =
  | { readonly kind: 'memory'; readonly data: Buffer }
  | { readonly kind: 'file'; readonly path: string; readonly handle: FileHandle }

/** Takes pieces of a body, keeps at most a few MiB of it, and gives it back as a blob. */
export interface BlobWriter {
  /** A promise asks for a pause. */
  write(bytes: Buffer): Promise<void> | undefined
  finish(): Promise<Blob>
  /** Removes what is there. Never rejects. */
  discard(): Promise<void>
}

/** `newTempPath` is asked only when the content is too large for memory. */
export async function openBlobWriter(sizeBytes: number, newTempPath: () => string): Promise<BlobWriter> {
  if (sizeBytes <= MEMORY_BYTES) return new MemoryWriter()
  const path = newTempPath()
  return new FileWriter(path, await open(path, 'wx', 0o600))
}

/** Closes and removes a blob that nobody wants. Never rejects. */
export async function discardBlob(blob: Blob): Promise<void> {
  if (blob.kind === 'memory') return
  await blob.handle.close().catch(() => {})
  await unlink(blob.path).catch(() => {})
}

class MemoryWriter implements BlobWriter {
  readonly #pieces: Buffer[] = []
  write(bytes: Buffer): undefined {
    this.#pieces.push(bytes)
  }
  async finish(): Promise<Blob> {
    const [only] = this.#pieces
    return { kind: 'memory', data: this.#pieces.length === 1 && only ? only : Buffer.concat(this.#pieces) }
  }
  async discard(): Promise<void> {}
}

class FileWriter implements BlobWriter {
  readonly #path: string
  readonly #handle: FileHandle
  #pending: Buffer[] = []
  #pendingBytes = 0
  #writing: Promise<void> | null = null
  #failure: unknown = null

  constructor(path: string, handle: FileHandle) {
    this.#path = path
    this.#handle = handle
  }

  write(bytes: Buffer): Promise<void> | undefined {
    if (this.#failure !== null) throw this.#failure
    this.#pending.push(bytes)
    this.#pendingBytes += bytes.length
    if (this.#writing === null && this.#pendingBytes >= FLUSH_BYTES) this.#writing = this.#flush()
    return this.#pendingBytes >= HOLD_BYTES && this.#writing !== null ? this.#writing : undefined
  }

  async finish(): Promise<Blob> {
    await this.#writing
    await this.#flush()
    if (this.#failure !== null) throw this.#failure
    return { kind: 'file', path: this.#path, handle: this.#handle }
  }

  async discard(): Promise<void> {
    await this.#writing
    await discardBlob({ kind: 'file', path: this.#path, handle: this.#handle })
  }

  /** Never rejects: a failure is kept for the next call, because nobody may be waiting. */
  async #flush(): Promise<void> {
    try {
      while (this.#pendingBytes > 0) {
        const pieces = this.#pending
        this.#pending = []
        this.#pendingBytes = 0
        await writeAll(this.#handle, pieces)
      }
    } catch (error) {
      this.#failure = error
    } finally {
      this.#writing = null
    }
  }
}

/** `writev` may write less than it was given. */
export async function writeAll(handle: FileHandle, pieces: Buffer[]): Promise<void> {
  const wanted = pieces.reduce((sum, piece) => sum + piece.length, 0)
  const { bytesWritten } = await handle.writev(pieces)
  if (bytesWritten < wanted) await handle.writeFile(Buffer.concat(pieces).subarray(bytesWritten))
}
