import * as nodeFs from 'node:fs'
import { createRequire } from 'node:module'
import type { TransferError } from '../../shared/errors.ts'

/**
 * The file system that holds people's files. Electron's patched `fs` treats `x.asar` as a folder, in workers too;
 * `original-fs` is the one that does not. Not by `await import`: a thread that is ended while a module waits at its
 * top level takes the process with it (V8: "Check failed: (location_) != nullptr", after `AsyncModuleExecutionFulfilled`).
 */
export const userFs: typeof nodeFs = process.versions.electron ? createRequire(import.meta.url)('original-fs') : nodeFs

/** Why a file or folder of the person's cannot be read, from an errno error of Node. */
export function sourceError(error: unknown): TransferError {
  const errno = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (errno) {
    case 'ENOENT':
    case 'ENOTDIR':
      return { code: 'source-missing', message: 'The file is not there.', detail: errno }
    case 'ENODEV':
    case 'ENXIO':
    case 'ESTALE':
      return { code: 'source-missing', message: 'The volume that holds the file is gone.', detail: errno }
    case 'EACCES':
    case 'EPERM':
      return { code: 'source-unreadable', message: 'Permission denied.', detail: errno }
    case 'ELOOP':
      return { code: 'source-unsupported', message: 'The link leads back to itself.', detail: errno }
    case 'ENAMETOOLONG':
      return { code: 'source-unreadable', message: 'The path is too long for this system.', detail: errno }
    case 'EMFILE':
    case 'ENFILE':
      return { code: 'source-unreadable', message: 'Too many files are open on this machine.', detail: errno }
    default: {
      const detail = error instanceof Error ? error.message : String(error)
      return { code: 'source-unreadable', message: `The file cannot be read (${errno || 'unknown reason'}).`, detail }
    }
  }
}
