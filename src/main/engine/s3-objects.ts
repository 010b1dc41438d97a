import type { PutObjectCommand } from '@aws-sdk/client-s3'
import { SluiceError } from '../../shared/errors.ts'
import type { StoredObject } from './object-proof.ts'
import { S3Connection } from './s3-connection.ts'
import { checksumsOf, dateOf } from './sdk-fields.ts'

export interface ListedObject {
  readonly key: string
  readonly sizeBytes: number
}

/** Looks at objects and lists them, and writes the few bytes of a test. Failures are SluiceErrors. */
export class S3Objects extends S3Connection {
  /** null where there is no such object. */
  async head(key: string): Promise<StoredObject | null> {
    try {
      const found = await this.client.send(
        new this.sdk.HeadObjectCommand({
          Bucket: this.destination.bucket,
          Key: key,
          ...(this.destination.checksumHeaders === false ? {} : { ChecksumMode: 'ENABLED' as const }),
        }),
      )
      return {
        sizeBytes: found.ContentLength ?? 0,
        etag: found.ETag ?? '',
        versionId: found.VersionId ?? null,
        checksums: checksumsOf(found),
      }
    } catch (thrown) {
      const status = thrown instanceof this.sdk.S3ServiceException ? thrown.$metadata.httpStatusCode : undefined
      if (status === 404) return null
      if (status === 400) await this.#askForReason(key)
      throw this.ours(thrown)
    }
  }

  /** The answer to a HEAD has no body: a 400 may be an expired token or anything else. A GET of one byte says which. */
  async #askForReason(key: string): Promise<void> {
    const got = await this.attempt(() =>
      this.client.send(
        new this.sdk.GetObjectCommand({ Bucket: this.destination.bucket, Key: key, Range: 'bytes=0-0' }),
      ),
    )
    await got.Body?.transformToByteArray()
  }

  /** How many tags the object has. null: these keys, or this server, do not tell. */
  async tagCount(key: string): Promise<number | null> {
    try {
      const { TagSet } = await this.client.send(
        new this.sdk.GetObjectTaggingCommand({ Bucket: this.destination.bucket, Key: key }),
      )
      return TagSet?.length ?? 0
    } catch {
      return null
    }
  }

  /** Keys that may write but not look get "denied" even where nothing is: then nobody knows, and it reads as null. */
  async headIfAllowed(key: string): Promise<StoredObject | null> {
    try {
      return await this.head(key)
    } catch (thrown) {
      if (thrown instanceof SluiceError && thrown.code === 'access-denied') return null
      throw thrown
    }
  }

  /** Asks for one key. A GET, since the answer to a HEAD would not say what is wrong. */
  async listOne(): Promise<void> {
    await this.attempt(() =>
      this.client.send(new this.sdk.ListObjectsV2Command({ Bucket: this.destination.bucket, MaxKeys: 1 })),
    )
  }

  /** One page of objects whose keys begin with `prefix`, at most 1 000, those after `after` ('': the first page). */
  async listKeys(
    prefix: string,
    after: string,
  ): Promise<{ readonly objects: readonly ListedObject[]; readonly next: string | null }> {
    const page = await this.attempt(() =>
      this.client.send(
        new this.sdk.ListObjectsV2Command({
          Bucket: this.destination.bucket,
          Prefix: prefix,
          ...(after === '' ? {} : { StartAfter: after }),
        }),
      ),
    )
    const objects = (page.Contents ?? []).flatMap(({ Key: key, Size: sizeBytes = 0 }) =>
      key === undefined ? [] : [{ key, sizeBytes }],
    )
    return { objects, next: page.IsTruncated === true ? (objects.at(-1)?.key ?? null) : null }
  }

  /** Writes a few bytes as they are told, for the probe. `dateMs`: the server's time, epoch ms; null: it tells none. */
  async putSmall(
    key: string,
    body: string,
    { crc32, onlyIfNew = false }: { readonly crc32?: string; readonly onlyIfNew?: boolean },
  ): Promise<{ readonly dateMs: number | null; readonly versionId: string | null }> {
    let dateMs: number | null = null
    const command: PutObjectCommand = new this.sdk.PutObjectCommand({
      Bucket: this.destination.bucket,
      Key: key,
      Body: body,
      ...(crc32 === undefined ? {} : { ChecksumAlgorithm: 'CRC32', ChecksumCRC32: crc32 }),
      ...(onlyIfNew ? { IfNoneMatch: '*' } : {}),
    })
    command.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args)
        dateMs = dateOf(result.response)
        return result
      },
      { step: 'deserialize' },
    )
    const { VersionId: versionId = null } = await this.attempt(() => this.client.send(command))
    return { dateMs, versionId }
  }

  /** @param versionId null: the newest, which a bucket with versions only hides */
  async removeObject(key: string, versionId: string | null): Promise<void> {
    const target = {
      Bucket: this.destination.bucket,
      Key: key,
      ...(versionId === null ? {} : { VersionId: versionId }),
    }
    await this.attempt(() => this.client.send(new this.sdk.DeleteObjectCommand(target)))
  }
}
