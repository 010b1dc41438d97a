import type { OpenUpload } from '../shared/open-uploads.ts'
import { formatBytes } from '../shared/units.ts'
import { strings } from './strings.ts'

/** What several hold together, as far as the server says it, for a sentence. */
export function heldText(uploads: readonly OpenUpload[]): string {
  const text = strings.openUploads
  const known = uploads.flatMap(({ bytes }) => (bytes === null ? [] : [bytes]))
  if (known.length === 0 && uploads.length > 0) return text.unknown
  const total = formatBytes(known.reduce((sum, bytes) => sum + bytes, 0))
  return known.length === uploads.length ? total : text.atLeast(total)
}
