import { z } from 'zod'
import type { UploadMarker, UploadName } from './open-uploads.ts'
import { ABORTS_AT_ONCE } from './open-uploads.ts'
import { id } from './values.ts'

/** What is asked about open uploads, checked. Apart from their types, which the engine's threads load: zod takes them 40 ms. */

/** S3 bounds keys at 1 024 bytes; ids of uploads are as long as a server likes. */
const uploadNameSchema: z.ZodType<UploadName> = z.strictObject({
  key: z.string().max(4096),
  uploadId: z.string().min(1).max(4096),
})

/** An empty id: after all uploads of that key. */
const markerSchema: z.ZodType<UploadMarker> = z.strictObject({
  key: z.string().max(4096),
  uploadId: z.string().max(4096),
})

export const listOpenUploadsSchema = z.strictObject({ destinationId: id, after: markerSchema.nullable() })
export const abortOpenUploadsSchema = z.strictObject({
  destinationId: id,
  uploads: z.array(uploadNameSchema).min(1).max(ABORTS_AT_ONCE),
})
