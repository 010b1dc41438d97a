import { readFile } from 'node:fs/promises'
import type { Agent } from 'node:http'
import type {
  CompleteMultipartUploadCommandOutput,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import { SluiceError } from '../../shared/errors.ts'
import { PLAIN_OBJECT } from '../../shared/object-settings.ts'
import { redact } from '../../shared/redact.ts'
import type { ListedPart } from '../core/part-check.ts'
import { createAgent, dropIdle } from './agent.ts'
import type { EngineDestination, TransferOptions } from './api.ts'
import { isStored, NAMES } from './checksum-names.ts'
import type { CompleteInput } from './complete-upload.ts'
import { watchCalls } from './crash-points.ts'
import { credentialProvider, renewAtMs } from './credentials.ts'
import type { StoredObject } from './object-proof.ts'
import { errorFromThrown } from './s3-errors.ts'
import { checksumsOf, dateOf, objectFields } from './sdk-fields.ts'
import { mendCalls, SdkHandler } from './sdk-handler.ts'
import type { SenderDestination } from './sender-protocol.ts'

export interface ListedUpload {
  readonly key: string
  readonly uploadId: string
  readonly initiatedAtMs: number | null
}

/** Loaded on first use: 90 ms of CPU that a start does not need to wait for. */
const loadSdk = () => import('@aws-sdk/client-s3')

/**
 * Every S3 call but the PUT of bodies, through the SDK. One try each: retries are the engine's. Failures are
 * SluiceErrors.
 */
export class S3Control {
  readonly destination: EngineDestination
  /** For messages: `bucket "b" at host`. */
  readonly context: string
  readonly #agent: Agent
  readonly #client: S3Client
  readonly #sdk: Awaited<ReturnType<typeof loadSdk>>
  readonly #ca: string | null
  readonly #provider: AwsCredentialIdentityProvider
  #credentials: AwsCredentialIdentity | null = null
  #asking: Promise<AwsCredentialIdentity> | null = null
  #renewAtMs = 0

  private constructor(
    destination: EngineDestination,
    sdk: Awaited<ReturnType<typeof loadSdk>>,
    ca: string | null,
    provider: AwsCredentialIdentityProvider,
    onBytes: (bytes: number) => void,
  ) {
    this.destination = destination
    this.context = contextOf(destination)
    this.#sdk = sdk
    this.#ca = ca
    this.#provider = provider
    const { endpoint, proxy, bindAddress } = destination
    this.#agent = createAgent({ baseUrl: endpoint ?? 'https://', ca, proxy, bindAddress })
    this.#client = new sdk.S3Client({
      region: destination.region,
      ...(destination.endpoint === null ? {} : { endpoint: destination.endpoint }),
      forcePathStyle: destination.pathStyle,
      credentials: () => this.credentials(),
      requestHandler: new SdkHandler(this.#agent, onBytes),
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      followRegionRedirects: false,
    })
    watchCalls(this.#client)
    mendCalls(this.#client)
  }

  /** @param onBytes is told what each call puts on the wire */
  static async open(destination: EngineDestination, onBytes: (bytes: number) => void): Promise<S3Control> {
    const sdk = await loadSdk()
    let ca: string | null = null
    if (destination.caFile !== null) {
      try {
        ca = await readFile(destination.caFile, 'utf8')
      } catch (thrown) {
        const message = `The CA file cannot be read: ${destination.caFile}`
        throw new SluiceError({ code: 'tls-rejected', message, detail: String(thrown) }, thrown)
      }
    }
    return new S3Control(destination, sdk, ca, await credentialProvider(destination.credentials), onBytes)
  }

  /** Asked for once, and again before they expire (see `renewAtMs`); several callers wait for one answer. */
  async credentials(): Promise<AwsCredentialIdentity> {
    if (this.#credentials === null || this.#renewAtMs <= Date.now()) {
      this.#asking ??= this.#provider().finally(() => {
        this.#asking = null
      })
      this.#credentials = await this.#asking
      this.#renewAtMs = renewAtMs(this.#credentials.expiration, Date.now())
    }
    return this.#credentials
  }

  /** The keys that were handed out last; null: none yet. */
  get lastCredentials(): AwsCredentialIdentity | null {
    return this.#credentials
  }

  /** What a sender needs to reach the same place in the same way. */
  async forSenders(): Promise<SenderDestination> {
    const { destination } = this
    const credentials = await this.credentials()
    const endpoint = this.#client.config.endpointProvider({
      Bucket: destination.bucket,
      Region: destination.region,
      ForcePathStyle: destination.pathStyle,
      UseFIPS: false,
      UseDualStack: false,
      ...(destination.endpoint === null ? {} : { Endpoint: destination.endpoint }),
    })
    return {
      id: destination.id,
      baseUrl: endpoint.url.href.replace(/\/$/, ''),
      region: destination.region,
      accessKeyId: credentials.accessKeyId,
      secretAccessKey: credentials.secretAccessKey,
      sessionToken: credentials.sessionToken ?? null,
      context: this.context,
      ca: this.#ca,
      proxy: destination.proxy,
      bindAddress: destination.bindAddress,
      clockOffsetMs: this.#client.config.systemClockOffset,
    }
  }

  /** null where there is no such object. */
  async head(key: string): Promise<StoredObject | null> {
    try {
      const found = await this.#client.send(
        new this.#sdk.HeadObjectCommand({
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
      const status = thrown instanceof this.#sdk.S3ServiceException ? thrown.$metadata.httpStatusCode : undefined
      if (status === 404) return null
      if (status === 400) await this.#askForReason(key)
      throw this.#ours(thrown)
    }
  }

  /** The answer to a HEAD has no body: a 400 may be an expired token or anything else. A GET of one byte says which. */
  async #askForReason(key: string): Promise<void> {
    const got = await this.#try(() =>
      this.#client.send(
        new this.#sdk.GetObjectCommand({ Bucket: this.destination.bucket, Key: key, Range: 'bytes=0-0' }),
      ),
    )
    await got.Body?.transformToByteArray()
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

  async createUpload(
    key: string,
    { checksum, object = PLAIN_OBJECT }: Pick<TransferOptions, 'checksum' | 'object'>,
  ): Promise<string> {
    const created = await this.#try(() =>
      this.#client.send(
        new this.#sdk.CreateMultipartUploadCommand({
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
    return this.#try(() =>
      this.#client.send(
        new this.#sdk.CompleteMultipartUploadCommand({
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
      const page = await this.#try(() =>
        this.#client.send(
          new this.#sdk.ListPartsCommand({
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
    let marker: { KeyMarker: string; UploadIdMarker: string } | null = null
    do {
      const command: ListMultipartUploadsCommand = new this.#sdk.ListMultipartUploadsCommand({
        Bucket: this.destination.bucket,
        Prefix: prefix,
        ...marker,
      })
      command.middlewareStack.add(
        (next) => async (args) => {
          const result = await next(args)
          serverNowMs = dateOf(result.response) ?? serverNowMs
          return result
        },
        { step: 'deserialize' },
      )
      const page = await this.#try(() => this.#client.send(command))
      for (const { Key: key, UploadId: uploadId, Initiated } of page.Uploads ?? []) {
        if (key === undefined || uploadId === undefined) continue
        uploads.push({ key, uploadId, initiatedAtMs: Initiated?.getTime() ?? null })
      }
      const { NextKeyMarker, NextUploadIdMarker = '' } = page
      const goesOn = page.IsTruncated === true && NextKeyMarker && (page.Uploads?.length ?? 0) > 0
      marker = goesOn ? { KeyMarker: NextKeyMarker, UploadIdMarker: NextUploadIdMarker } : null
    } while (marker !== null && uploads.length < limit)
    return { uploads: uploads.slice(0, limit), serverNowMs }
  }

  /** An upload that is gone already counts as aborted. */
  async abortUpload(key: string, uploadId: string): Promise<void> {
    try {
      await this.#try(() =>
        this.#client.send(
          new this.#sdk.AbortMultipartUploadCommand({ Bucket: this.destination.bucket, Key: key, UploadId: uploadId }),
        ),
      )
    } catch (thrown) {
      if (thrown instanceof SluiceError && thrown.code === 'upload-vanished') return
      throw thrown
    }
  }

  /** Asks for one key. A GET, since the answer to a HEAD would not say what is wrong. */
  async listOne(): Promise<void> {
    await this.#try(() =>
      this.#client.send(new this.#sdk.ListObjectsV2Command({ Bucket: this.destination.bucket, MaxKeys: 1 })),
    )
  }

  /** One page of keys that begin with `prefix`, at most 1 000, those after `after` ('': the first page). */
  async listKeys(
    prefix: string,
    after: string,
  ): Promise<{ readonly keys: readonly string[]; readonly next: string | null }> {
    const page = await this.#try(() =>
      this.#client.send(
        new this.#sdk.ListObjectsV2Command({
          Bucket: this.destination.bucket,
          Prefix: prefix,
          ...(after === '' ? {} : { StartAfter: after }),
        }),
      ),
    )
    const keys = (page.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]))
    return { keys, next: page.IsTruncated === true ? (keys.at(-1) ?? null) : null }
  }

  /** Writes a few bytes as they are told, for the probe. `dateMs`: the server's time, epoch ms; null: it tells none. */
  async putSmall(
    key: string,
    body: string,
    { crc32, onlyIfNew = false }: { readonly crc32?: string; readonly onlyIfNew?: boolean },
  ): Promise<{ readonly dateMs: number | null; readonly versionId: string | null }> {
    let dateMs: number | null = null
    const command: PutObjectCommand = new this.#sdk.PutObjectCommand({
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
    const { VersionId: versionId = null } = await this.#try(() => this.#client.send(command))
    return { dateMs, versionId }
  }

  /** @param versionId null: the newest, which a bucket with versions only hides */
  async removeObject(key: string, versionId: string | null): Promise<void> {
    const target = {
      Bucket: this.destination.bucket,
      Key: key,
      ...(versionId === null ? {} : { VersionId: versionId }),
    }
    await this.#try(() => this.#client.send(new this.#sdk.DeleteObjectCommand(target)))
  }

  /** See `dropIdle`. */
  dropIdle(): void {
    dropIdle(this.#agent)
  }

  /** Ends its connections; later calls make new ones. */
  reconnect(): void {
    this.#agent.destroy()
  }

  close(): void {
    this.#client.destroy()
  }

  async #try<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (thrown) {
      throw this.#ours(thrown)
    }
  }

  #ours(thrown: unknown): SluiceError {
    if (thrown instanceof SluiceError) return thrown
    const error = errorFromThrown(thrown, this.context)
    if (error.code !== 'internal') return new SluiceError(error, thrown)
    // What the SDK made of an answer that it could not read (empty, cut short, not XML).
    const message = 'The answer of the server could not be understood.'
    return new SluiceError({ ...error, code: 'answer-invalid', message, detail: redact(String(thrown)) }, thrown)
  }
}

/** For messages: which bucket, and where. */
export function contextOf(destination: EngineDestination): string {
  const host = destination.endpoint === null ? 'AWS' : new URL(destination.endpoint).host
  return `bucket "${destination.bucket}" at ${host}`
}
