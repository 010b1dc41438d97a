import mime from 'mime'
import type { ObjectSettings } from '../../shared/object-settings.ts'
import { objectHeaders, PLAIN_OBJECT } from '../../shared/object-settings.ts'
import type { TransferOptions } from './api.ts'

/** Of names whose ending says nothing. */
const UNKNOWN = 'application/octet-stream'

/** What the destination or the command says, else what the key's ending means to most programs. */
export function contentTypeOf(key: string, { contentType }: ObjectSettings): string {
  return contentType ?? mime.getType(key) ?? UNKNOWN
}

/** The headers of a PutObject of this key. */
export function headersOf(key: string, { object = PLAIN_OBJECT }: TransferOptions): Record<string, string> {
  return objectHeaders(object, contentTypeOf(key, object))
}
