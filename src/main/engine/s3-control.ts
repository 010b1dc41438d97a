import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { CompleteMultipartUploadCommandOutput, S3Client } from '@aws-sdk/client-s3'
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import type { ErrorCode } from '../../shared/errors.ts'
import { SluiceError } from '../../shared/errors.ts'
import type { ChecksumAlgorithm, Verified } from '../../shared/transfer.ts'
import type { EngineDestination } from './api.ts'
import { createAgent } from './put-exchange.ts'
import { errorFromThrown } from './s3-errors.ts'
import { SdkHandler } from './sdk-handler.ts'
import type { SenderDestination } from './sender-protocol.ts'

export interface StoredObject {
  readonly sizeBytes: number
  readonly etag: string
  /** Base64 CRC-32 of the whole object; null where the server keeps none. */
  readonly crc32: string | null
}

export interface FinishedPart {
  readonly partNumber: number
  readonly etag: string
  readonly crc32: string | null
}

export interface Completed {
  readonly etag: string
  readonly verified: Verified
}

/**
 * Answers to a completion that an earlier one, whose answer was lost, explains as well: the upload is gone, the key
 * exists, or (Ceph 16, of an upload that is gone) an internal error.
 */
const MAY_BE_COMPLETE: ReadonlySet<ErrorCode> = new Set([
  'upload-vanished',
  'exists',
  'server-unavailable',
  'answer-invalid',
])

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
  readonly #client: S3Client
  readonly #sdk: Awaited<ReturnType<typeof loadSdk>>
  readonly #ca: string | null
  readonly #provider: AwsCredentialIdentityProvider
  #credentials: AwsCredentialIdentity | null = null

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
    const agent = createAgent({ baseUrl: destination.endpoint ?? 'https://', ca })
    this.#client = new sdk.S3Client({
      region: destination.region,
      ...(destination.endpoint === null ? {} : { endpoint: destination.endpoint }),
      forcePathStyle: destination.pathStyle,
      credentials: () => this.credentials(),
      requestHandler: new SdkHandler(agent, onBytes),
      maxAttempts: 1,
      requestChecksumCalculation: 'WHEN_REQUIRED',
      responseChecksumValidation: 'WHEN_REQUIRED',
      followRegionRedirects: false,
    })
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
    return new S3Control(destination, sdk, ca, await credentialProvider(destination), onBytes)
  }

  /** Resolved once, and again from two minutes before they expire. */
  async credentials(): Promise<AwsCredentialIdentity> {
    const expiresAt = this.#credentials?.expiration?.getTime() ?? Number.POSITIVE_INFINITY
    if (this.#credentials === null || expiresAt - Date.now() < 120_000) {
      try {
        this.#credentials = await this.#provider()
      } catch (thrown) {
        throw new SluiceError(errorFromThrown(thrown, this.context), thrown)
      }
    }
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
    }
  }

  /** null where there is no such object. */
  async head(key: string): Promise<StoredObject | null> {
    try {
      const found = await this.#client.send(
        new this.#sdk.HeadObjectCommand({ Bucket: this.destination.bucket, Key: key, ChecksumMode: 'ENABLED' }),
      )
      const whole = found.ChecksumType !== 'COMPOSITE' && !found.ChecksumCRC32?.includes('-')
      return {
        sizeBytes: found.ContentLength ?? 0,
        etag: found.ETag ?? '',
        crc32: whole ? (found.ChecksumCRC32 ?? null) : null,
      }
    } catch (thrown) {
      if (thrown instanceof this.#sdk.S3ServiceException && thrown.$metadata.httpStatusCode === 404) return null
      throw this.#ours(thrown)
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

  async createUpload(key: string, checksum: ChecksumAlgorithm): Promise<string> {
    const created = await this.#try(() =>
      this.#client.send(
        new this.#sdk.CreateMultipartUploadCommand({
          Bucket: this.destination.bucket,
          Key: key,
          ContentType: 'application/octet-stream',
          ...(checksum === 'crc32' ? { ChecksumAlgorithm: 'CRC32', ChecksumType: 'FULL_OBJECT' } : {}),
        }),
      ),
    )
    if (!created.UploadId) {
      throw new SluiceError({ code: 'answer-invalid', message: 'The server named no upload id.' })
    }
    return created.UploadId
  }

  /**
   * Completes and then verifies: an answer without an ETag is no success, and where the answer held no checksum
   * HeadObject is asked. `crc32` is the base64 sum of the whole object, null without checksums.
   */
  async completeUpload(input: {
    readonly key: string
    readonly uploadId: string
    readonly parts: readonly FinishedPart[]
    readonly crc32: string | null
    readonly sizeBytes: number
    readonly onlyIfNew: boolean
  }): Promise<Completed> {
    const { key, uploadId, parts, crc32, sizeBytes } = input
    let answer: CompleteMultipartUploadCommandOutput
    try {
      answer = await this.#client.send(
        new this.#sdk.CompleteMultipartUploadCommand({
          Bucket: this.destination.bucket,
          Key: key,
          UploadId: uploadId,
          MultipartUpload: {
            Parts: parts.map((part) => ({
              PartNumber: part.partNumber,
              ETag: part.etag,
              ...(part.crc32 === null ? {} : { ChecksumCRC32: part.crc32 }),
            })),
          },
          ...(crc32 === null ? {} : { ChecksumCRC32: crc32, ChecksumType: 'FULL_OBJECT' }),
          ...(input.onlyIfNew ? { IfNoneMatch: '*' } : {}),
        }),
      )
    } catch (thrown) {
      const error = this.#ours(thrown)
      const lost = MAY_BE_COMPLETE.has(error.code) ? await this.#lostAnswer(input) : null
      if (lost === null) throw error
      return lost
    }
    // Ceph 16 completes and names no ETag; others do not complete and answer 200 all the same: the object decides.
    if (!answer.ETag) {
      const lost = await this.#lostAnswer(input)
      if (lost !== null) return lost
      const message = 'The server answered the completion of the upload without an ETag, and the object is not there.'
      throw new SluiceError({ code: 'answer-invalid', message })
    }
    if (crc32 !== null && answer.ChecksumCRC32 === crc32) return { etag: answer.ETag, verified: 'checksum' }
    const stored = await this.head(key)
    return { etag: answer.ETag, verified: proof(stored, { etag: answer.ETag, crc32, sizeBytes }) }
  }

  /** An earlier completion may have succeeded and its answer been lost: then the object is there, and it is ours. */
  async #lostAnswer(input: {
    readonly key: string
    readonly parts: readonly FinishedPart[]
    readonly crc32: string | null
    readonly sizeBytes: number
  }): Promise<Completed | null> {
    const stored = await this.head(input.key)
    if (stored === null || stored.sizeBytes !== input.sizeBytes) return null
    if (stored.crc32 !== null && input.crc32 !== null) {
      return stored.crc32 === input.crc32 ? { etag: stored.etag, verified: 'checksum' } : null
    }
    return stored.etag.replaceAll('"', '') === multipartEtag(input.parts)
      ? { etag: stored.etag, verified: 'size' }
      : null
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

  /** Writes and removes a few bytes under a key that nobody else would choose. */
  async probeWrite(): Promise<void> {
    const target = { Bucket: this.destination.bucket, Key: `.sluice-test-${crypto.randomUUID()}` }
    await this.#try(() => this.#client.send(new this.#sdk.PutObjectCommand({ ...target, Body: 'sluice' })))
    await this.#try(() => this.#client.send(new this.#sdk.DeleteObjectCommand(target)))
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
    return new SluiceError({ ...error, code: 'answer-invalid', message, detail: String(thrown) }, thrown)
  }
}

/** For messages: which bucket, and where. */
export function contextOf(destination: EngineDestination): string {
  const host = destination.endpoint === null ? 'AWS' : new URL(destination.endpoint).host
  return `bucket "${destination.bucket}" at ${host}`
}

/** What S3 names an object of these parts: the MD5 of their MD5s, a dash and their count. */
function multipartEtag(parts: readonly FinishedPart[]): string {
  const digests = parts.map((part) => Buffer.from(part.etag.replaceAll('"', ''), 'hex'))
  return `${createHash('md5').update(Buffer.concat(digests)).digest('hex')}-${parts.length}`
}

/** Throws `checksum-mismatch` where the stored object is not the one that was sent. */
function proof(
  stored: StoredObject | null,
  sent: { readonly etag: string; readonly crc32: string | null; readonly sizeBytes: number },
): Verified {
  const wrong = (what: string) =>
    new SluiceError({ code: 'checksum-mismatch', message: `The stored object ${what}; it must not be relied upon.` })
  if (stored === null) throw wrong('is not there')
  if (stored.sizeBytes !== sent.sizeBytes) throw wrong(`has ${stored.sizeBytes} bytes instead of ${sent.sizeBytes}`)
  if (stored.crc32 !== null && sent.crc32 !== null) {
    if (stored.crc32 !== sent.crc32) throw wrong('has another checksum')
    return 'checksum'
  }
  if (stored.etag !== sent.etag) throw wrong('has another ETag')
  return 'size'
}

async function credentialProvider(destination: EngineDestination): Promise<AwsCredentialIdentityProvider> {
  const source = destination.credentials
  if (source.kind === 'keys') {
    const { accessKeyId, secretAccessKey, sessionToken } = source
    return async () => ({ accessKeyId, secretAccessKey, ...(sessionToken === null ? {} : { sessionToken }) })
  }
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers')
  // A name given by the person wins over AWS_* keys in the environment, as with every AWS tool.
  return fromNodeProviderChain(source.profile === null ? {} : { profile: source.profile })
}
