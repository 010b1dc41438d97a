import type { S3Client } from '@aws-sdk/client-s3'
import type { TestS3Server } from '../support/s3-server.ts'

/**
 * Where servers really differ. Every field is asserted in both directions: a server that is said not to do a thing is
 * seen not to do it, so that a record that has become wrong fails.
 */
export interface Capabilities {
  /** A body that differs from its x-amz-checksum-* header is refused. */
  readonly checksChecksums: boolean
  /** HeadObject with ChecksumMode returns the checksum that was sent. */
  readonly keepsChecksums: boolean
  /** An object has the tags that its multipart upload was begun with. */
  readonly keepsMultipartTags: boolean
  /** Bodies in aws-chunked with a checksum behind them (the SDK's default for streams). */
  readonly takesTrailers: boolean
  /** A request whose signature names another region is refused and told the right one. */
  readonly checksRegion: boolean
  /** CompleteMultipartUpload with If-None-Match: * leaves an existing object alone. */
  readonly conditionalComplete: boolean
  /** PutObject with If-Match: writes over the object that it names. */
  readonly conditionalOverwrite: boolean
  /** CompleteMultipartUpload answers with the ETag of the object. */
  readonly completeNamesEtag: boolean
  /** The ETag in the answer to CopyObject is quoted, as everywhere else. */
  readonly quotesCopyEtag: boolean
  /** Part numbers outside 1 to 10 000 are refused. */
  readonly limitsPartNumbers: boolean
  /** A completing request that names its parts out of order is refused; otherwise they are sorted. */
  readonly wantsPartOrder: boolean
  /** An upload may be completed with fewer parts than were sent. */
  readonly completesSubset: boolean
  /** What GetBucketLocation answers for the region us-east-1. */
  readonly location: string
  /** The code for a key of more than 1024 bytes. */
  readonly keyTooLongCode: string
  /** The refusal to complete an upload that was aborted. */
  readonly completeAborted: { readonly code: string; readonly status: number }
  /** The code for listing the parts of an upload that was aborted. */
  readonly listAbortedCode: string
}

/** What the cases work on: made before the first, gone after the last. */
export interface Subject {
  readonly server: TestS3Server
  readonly client: S3Client
  /** Empty at the start of every file of cases. */
  readonly bucket: string
  readonly can: Capabilities
}

/** The cases are declared before the server runs, so they ask for it when they run. */
export type GetSubject = () => Subject
