/** Why a file of ours could not be read or written, as the end of a sentence. */
export function fileReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  switch (code) {
    case 'ENOENT':
      return 'there is no such file or folder'
    case 'EACCES':
    case 'EPERM':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    case 'EROFS':
      return 'the disk can only be read'
    case 'ENOSPC':
    case 'EDQUOT':
      return 'the disk is full'
    default:
      return code || (error instanceof Error ? error.message : String(error))
  }
}

/** Of whatever was being written: what helps is the same. */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT')
}
