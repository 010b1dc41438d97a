import type { ChecksumAlgorithm, ChecksumType, StoredChecksum } from './checksums.ts'

/** What is kept about an object, in memory and on disk. Sizes in bytes, times in epoch ms. */
export interface ObjectMeta {
  readonly key: string
  readonly sizeBytes: number
  /** Without quotes. */
  readonly etag: string
  readonly modifiedMs: number
  readonly checksum: StoredChecksum | null
  /** Content-Type, Cache-Control, x-amz-meta-* and the like, as they are returned. */
  readonly headers: Readonly<Record<string, string>>
  readonly storageClass: string
  /** Objects from before there were tags have none. */
  readonly tags?: Readonly<Record<string, string>>
  /** null: the content is small and lies behind the record. Otherwise in files, those of its parts uncopied. */
  readonly pieces: Pieces | null
}

export interface Pieces {
  /** Name of the folder under `multipart`: the upload's id, or an id of its own. */
  readonly folder: string
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[]
}

export interface UploadMeta {
  readonly uploadId: string
  readonly key: string
  readonly startedMs: number
  readonly headers: Readonly<Record<string, string>>
  readonly storageClass: string
  readonly tags?: Readonly<Record<string, string>>
  readonly checksumAlgorithm: ChecksumAlgorithm | null
  readonly checksumType: ChecksumType | null
}

export interface PartMeta {
  readonly partNumber: number
  readonly sizeBytes: number
  readonly etag: string
  readonly modifiedMs: number
  readonly checksum: { readonly algorithm: ChecksumAlgorithm; readonly value: string } | null
}

/** A part in its place on disk. */
export interface StoredPart extends PartMeta {
  readonly fileName: string
}

export interface Upload {
  readonly meta: UploadMeta
  readonly parts: Map<number, StoredPart>
}
