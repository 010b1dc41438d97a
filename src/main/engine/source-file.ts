import type { BigIntStats } from 'node:fs'
import { promisify } from 'node:util'
import { SluiceError } from '../../shared/errors.ts'
import type { FileIdentity } from './sender-protocol.ts'
import { sourceError, userFs } from './user-files.ts'
import { VolumeSpeed } from './volume-speed.ts'

const open = promisify(userFs.open)
const close = promisify(userFs.close)
const fstat = promisify(userFs.fstat)
const read = promisify(userFs.read)

/** What the file at `path` is now. Throws a SluiceError with a `source-…` code. */
export async function readIdentity(path: string): Promise<FileIdentity> {
  try {
    return identityOf(await userFs.promises.stat(path, { bigint: true }))
  } catch (thrown) {
    throw new SluiceError(sourceError(thrown), thrown)
  }
}

const speed = new VolumeSpeed()

/** A file of the person's, open for reading. Every failure is a SluiceError with a `source-…` code. */
export class SourceFile {
  readonly #path: string
  readonly #fd: number
  readonly #device: bigint

  private constructor(path: string, fd: number, device: bigint) {
    this.#path = path
    this.#fd = fd
    this.#device = device
  }

  /** Opens it, and throws `source-changed` unless it is the file that was queued. */
  static async open(path: string, expected: FileIdentity): Promise<SourceFile> {
    // Non-blocking: opening a pipe that took the file's place would wait for a writer for ever.
    const flags = userFs.constants.O_RDONLY | (userFs.constants.O_NONBLOCK ?? 0)
    const { device } = expected
    const fd = await ours(
      device,
      () => userFs.openSync(path, flags),
      () => open(path, flags),
    )
    const file = new SourceFile(path, fd, device)
    try {
      const stats = await ours(
        device,
        () => userFs.fstatSync(fd, { bigint: true }),
        () => fstat(fd, { bigint: true }),
      )
      if (!sameFile(identityOf(stats), expected)) throw file.changed()
      return file
    } catch (thrown) {
      file.close()
      throw thrown
    }
  }

  /** Throws `source-changed` unless the path still leads to this file, as it was: it may have been removed or replaced. */
  async checkPath(expected: FileIdentity): Promise<void> {
    const options = { bigint: true } as const
    const stats = await ours(
      this.#device,
      () => userFs.statSync(this.#path, options),
      () => userFs.promises.stat(this.#path, options),
    )
    if (!sameFile(identityOf(stats), expected)) throw this.changed()
  }

  /** Fills `buffer` from `position`. A file that ends early has changed, since its size is known. */
  async read(buffer: Uint8Array, position: number): Promise<void> {
    for (let filled = 0; filled < buffer.byteLength; ) {
      const at = filled
      const length = buffer.byteLength - at
      const bytes = await ours(
        this.#device,
        () => userFs.readSync(this.#fd, buffer, at, length, position + at),
        async () => (await read(this.#fd, buffer, at, length, position + at)).bytesRead,
      )
      if (bytes === 0) throw this.changed()
      filled += bytes
    }
  }

  close(): void {
    void ours(
      this.#device,
      () => userFs.closeSync(this.#fd),
      () => close(this.#fd),
    ).catch(() => {})
  }

  changed(): SluiceError {
    return new SluiceError({
      code: 'source-changed',
      message: 'The file changed while it was being uploaded: start it again when nothing writes to it any more.',
    })
  }
}

/** A file call in the way that suits the volume; what goes wrong is told in our words. */
async function ours<T>(device: bigint, direct: () => T, pooled: () => Promise<T>): Promise<T> {
  try {
    return await speed.run(device, direct, pooled)
  } catch (thrown) {
    throw new SluiceError(sourceError(thrown), thrown)
  }
}

function identityOf(stats: BigIntStats): FileIdentity {
  return { sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs, inode: stats.ino, device: stats.dev }
}

function sameFile(a: FileIdentity, b: FileIdentity): boolean {
  return a.sizeBytes === b.sizeBytes && a.mtimeNs === b.mtimeNs && a.inode === b.inode && a.device === b.device
}
