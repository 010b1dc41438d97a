import type { CompleteMultipartUploadCommandOutput, ListMultipartUploadsCommand } from '@aws-sdk/client-s3'
import { SluiceError } from '../../shared/errors.ts'
import { PLAIN_OBJECT } from '../../shared/object-settings.ts'
import type { UploadMarker } from '../../shared/open-uploads.ts'
import type { ListedPart } from '../core/part-check.ts'
import type { EngineDestination, TransferOptions } from './api.ts'
import { isStored, NAMES } from './checksum-names.ts'
import type { CompleteInput } from './complete-upload.ts'
import { prepare } from './s3-connection.ts'
import { S3Objects } from './s3-objects.ts'
import { checksumsOf, dateOf, objectFields } from './sdk-fields.ts'

export { contextOf } from './s3-connection.ts'

export interface ListedUpload {
  readonly key: string
  readonly uploadId: string
  readonly initiatedAtMs: number | null
}

/** `serverNowMs`: as it answered, null where it tells no time. `next`: what to go on after; null: that was all. */
export interface UploadsPage {
  readonly uploads: readonly ListedUpload[]
  readonly serverNowMs: number | null
  readonly next: UploadMarker | null
}

/**
 * Every S3 call but the PUT of bodies, through the SDK: here those of multipart uploads, in `S3Objects` those of
 * objects. One try each: retries are the engine's. Failures are SluiceErrors.
 */
export class S3Control extends S3Objects {
  /** @param onBytes is told what each call puts on the wire */
  static async open(destination: EngineDestination, onBytes: (bytes: number) => void): Promise<S3Control> {
    return new S3Control(await prepare(destination, onBytes))
  }

  async createUpload(
    key: string,
    { checksum, object = PLAIN_OBJECT }: Pick<TransferOptions, 'checksum' | 'object'>,
  ): Promise<string> {
    const created = await this.attempt(() =>
      this.client.send(
        new this.sdk.CreateMultipartUploadCommand({
          Bucket: this.destination.bucket,
          Key: key,
          ...objectFields(key, object),
          ...(isStored(checksum)
            ? { ChecksumAlgorithm: NAMES[checksum].name, ChecksumType: NAMES[checksum].type }
            : {}),
        }),
      ),
    )
    if (!created.UploadId) {
      throw new SluiceError({ code: 'answer-invalid', message: 'The server named no upload id.' })
    }
    return created.UploadId
  }

  /** The bare call: its answer proves nothing yet, see `completeUpload` in complete-upload.ts. */
  async callComplete(input: CompleteInput): Promise<CompleteMultipartUploadCommandOutput> {
    const { key, uploadId, parts, checksum } = input
    const names = checksum !== null && isStored(checksum.algorithm) ? NAMES[checksum.algorithm] : null
    return this.attempt(() =>
      this.client.send(
        new this.sdk.CompleteMultipartUploadCommand({
          Bucket: this.destination.bucket,
          Key: key,
          UploadId: uploadId,
          MultipartUpload: {
            Parts: parts.map((part) => ({
              PartNumber: part.partNumber,
              ETag: part.etag,
              ...(names === null || part.checksum === null ? {} : { [names.field]: part.checksum }),
            })),
          },
          ...(names === null ? {} : { ChecksumType: names.type }),
          ...(names?.type === 'FULL_OBJECT' ? { [names.field]: checksum?.value } : {}),
          ...(input.onlyIfNew ? { IfNoneMatch: '*' } : {}),
        }),
      ),
    )
  }

  /** All parts of an upload, however many pages they are. @throws SluiceError `upload-vanished` */
  async listParts(key: string, uploadId: string): Promise<ListedPart[]> {
    const parts: ListedPart[] = []
    let marker: string | undefined
    do {
      const page = await this.attempt(() =>
        this.client.send(
          new this.sdk.ListPartsCommand({
            Bucket: this.destination.bucket,
            Key: key,
            UploadId: uploadId,
            ...(marker === undefined ? {} : { PartNumberMarker: marker }),
          }),
        ),
      )
      for (const part of page.Parts ?? []) {
        const { PartNumber: partNumber = 0, Size: sizeBytes = 0, ETag: etag = '' } = part
        parts.push({ partNumber, sizeBytes, etag, checksums: checksumsOf(part) })
      }
      const next = page.IsTruncated === true ? page.NextPartNumberMarker : undefined
      // A server that names no next page, or the same again, would keep us here for ever.
      marker = next !== undefined && Number(next) > Number(marker ?? 0) ? next : undefined
    } while (marker !== undefined)
    return parts
  }

  /**
   * Multipart uploads whose keys begin with `prefix`, all pages up to `limit`, and the server's time as it answered:
   * `initiatedAtMs` is by that clock.
   */
  async listUploads(
    prefix: string,
    limit: number,
  ): Promise<{ readonly uploads: readonly ListedUpload[]; readonly serverNowMs: number | null }> {
    const uploads: ListedUpload[] = []
    let serverNowMs: number | null = null
    let after: UploadMarker | null = null
    do {
      const page: UploadsPage = await this.listUploadsAfter(prefix, after)
      uploads.push(...page.uploads)
      serverNowMs = page.serverNowMs ?? serverNowMs
      after = page.next
    } while (after !== null && uploads.length < limit)
    return { uploads: uploads.slice(0, limit), serverNowMs }
  }

  /** One page of them, at most `count` (1 000 when left out): those after a marker (null: the first page). */
  async listUploadsAfter(prefix: string, after: UploadMarker | null, count?: number): Promise<UploadsPage> {
    let serverNowMs: number | null = null
    const command: ListMultipartUploadsCommand = new this.sdk.ListMultipartUploadsCommand({
      Bucket: this.destination.bucket,
      Prefix: prefix,
      ...(count === undefined ? {} : { MaxUploads: count }),
      ...(after === null ? {} : { KeyMarker: after.key, UploadIdMarker: after.uploadId }),
    })
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        serverNowMs = dateOf(result.response)
        return result
      },
      { step: 'deserialize' },
    )
    const page = await this.attempt(() => this.client.send(command))
    const uploads = (page.Uploads ?? []).flatMap(({ Key: key, UploadId: uploadId, Initiated }): ListedUpload[] =>
      key === undefined || uploadId === undefined
        ? []
        : [{ key, uploadId, initiatedAtMs: Initiated?.getTime() ?? null }],
    )
    const { NextKeyMarker: key, NextUploadIdMarker: uploadId = '' } = page
    // A server that names no next page, or the same again, would keep us here for ever.
    const goesOn = page.IsTruncated === true && key && (page.Uploads?.length ?? 0) > 0
    const isFurther = key !== after?.key || uploadId !== after?.uploadId
    return { uploads, serverNowMs, next: goesOn && isFurther ? { key, uploadId } : null }
  }

  /** An upload that is gone already counts as aborted. */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    try {
      await this.attempt(() =>
        this.client.send(
          new this.sdk.AbortMultipartUploadCommand({ Bucket: this.destination.bucket, Key: key, UploadId: uploadId }),
        ),
      )
    } catch (thrown) {
      if (thrown instanceof SluiceError && thrown.code === 'upload-vanished') return
      throw thrown
    }
  }
}
