import type { BigIntStats } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { SluiceError } from '../../shared/errors.ts'
import type { FileIdentity } from './sender-protocol.ts'
import { sourceError, userFs } from './user-files.ts'
import { VolumeSpeed } from './volume-speed.ts'

const open = promisify(userFs.open)
const close = promisify(userFs.close)
const fstat = promisify(userFs.fstat)
const read = promisify(userFs.read)

/**
 * What the file at `path` is now.
 * @param was what it was when it was queued, if anybody knows: then a volume that is gone is told from a file that is
 * @throws SluiceError with a `source-…` code
 */
export async function readIdentity(path: string, was?: FileIdentity): Promise<FileIdentity> {
  try {
    return identityOf(await userFs.promises.stat(path, { bigint: true }))
  } catch (thrown) {
    throw await explained(thrown, path, was?.device ?? null)
  }
}

/** @throws SluiceError `source-changed` unless the path still leads to this file, as it was; other `source-…` codes */
export async function checkPath(path: string, expected: FileIdentity): Promise<void> {
  check(await readIdentity(path, expected), expected)
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
      path,
      device,
      () => userFs.openSync(path, flags),
      () => open(path, flags),
    )
    const file = new SourceFile(path, fd, device)
    try {
      const stats = await ours(
        path,
        device,
        () => userFs.fstatSync(fd, { bigint: true }),
        () => fstat(fd, { bigint: true }),
      )
      check(identityOf(stats), expected)
      return file
    } catch (thrown) {
      file.close()
      throw thrown
    }
  }

  /** `checkPath` in the way that suits the volume: the file may have been removed or replaced. */
  async checkPath(expected: FileIdentity): Promise<void> {
    const options = { bigint: true } as const
    const stats = await ours(
      this.#path,
      this.#device,
      () => userFs.statSync(this.#path, options),
      () => userFs.promises.stat(this.#path, options),
    )
    check(identityOf(stats), expected)
  }

  /** Fills `buffer` from `position`. A file that ends early has changed, since its size is known. */
  async read(buffer: Uint8Array, position: number): Promise<void> {
    for (let filled = 0; filled < buffer.byteLength; ) {
      const at = filled
      const length = buffer.byteLength - at
      const bytes = await ours(
        this.#path,
        this.#device,
        () => userFs.readSync(this.#fd, buffer, at, length, position + at),
        async () => (await read(this.#fd, buffer, at, length, position + at)).bytesRead,
      )
      if (bytes === 0) throw this.changed()
      filled += bytes
    }
  }

  /** Runs `work`, which reads much of the file, after others of its kind where that is better for all (see `VolumeSpeed`). */
  readThrough<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    return speed.readThrough(this.#device, work, signal)
  }

  close(): void {
    void ours(
      this.#path,
      this.#device,
      () => userFs.closeSync(this.#fd),
      () => close(this.#fd),
    ).catch(() => {})
  }

  changed(): SluiceError {
    return changed()
  }
}

/** A file call in the way that suits the volume; what goes wrong is told in our words. */
async function ours<T>(path: string, device: bigint, direct: () => T, pooled: () => Promise<T>): Promise<T> {
  try {
    return await speed.run(device, direct, pooled)
  } catch (thrown) {
    throw await explained(thrown, path, device)
  }
}

function changed(): SluiceError {
  return new SluiceError({
    code: 'source-changed',
    message: 'The file changed while it was being uploaded: start it again when nothing writes to it any more.',
  })
}

function away(cause: unknown): SluiceError {
  const message = 'The volume that holds the file is gone: waiting for its return.'
  return new SluiceError({ code: 'source-away', message, detail: String(cause) }, cause)
}

/** What a drive that was pulled out, or a network volume that was lost, answers to whoever has a file open there. */
const GONE: ReadonlySet<string> = new Set(['EIO', 'ENODEV', 'ENXIO', 'ESTALE', 'ENOTCONN', 'EHOSTDOWN'])

/** Why a file call failed. Only a file that is missing from a living folder is missing; else its volume is gone. */
async function explained(thrown: unknown, path: string, device: bigint | null): Promise<SluiceError> {
  const errno = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  if (GONE.has(errno)) return away(thrown)
  const missing = new SluiceError(sourceError(thrown), thrown)
  if (device === null || missing.code !== 'source-missing') return missing
  try {
    const folder = await userFs.promises.stat(dirname(path), { bigint: true })
    // An empty mount point belongs to the volume that it is on.
    return folder.dev === device ? missing : away(thrown)
  } catch {
    return away(thrown)
  }
}

function identityOf(stats: BigIntStats): FileIdentity {
  return { sizeBytes: Number(stats.size), mtimeNs: stats.mtimeNs, inode: stats.ino, device: stats.dev }
}

/** Throws unless `found` is the file that is expected. The same file on another mount may be its own, come back. */
function check(found: FileIdentity, expected: FileIdentity): void {
  if (found.sizeBytes !== expected.sizeBytes || found.mtimeNs !== expected.mtimeNs) throw changed()
  if (found.device !== expected.device) throw away('the device number is another')
  if (found.inode !== expected.inode) throw changed()
}
