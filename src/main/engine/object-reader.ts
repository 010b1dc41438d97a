import type { HeadObjectCommandOutput, S3Client } from '@aws-sdk/client-s3'
import { SluiceError } from '../../shared/errors.ts'
import type { SumAlgorithm } from '../../shared/transfer.ts'
import { createAgent } from './agent.ts'
import type { EngineDestination } from './api.ts'
import { contextOf, S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'

const CONNECT_MS = 8_000
const ANSWER_MS = 60_000

/** An object as the server describes it. */
export interface DescribedObject {
  readonly sizeBytes: number
  readonly etag: string
  /** Base64 by algorithm, as far as the server keeps them; a composite one ends in `-` and the count of parts. */
  readonly checksums: Readonly<Partial<Record<SumAlgorithm, string>>>
}

/** Looks at objects and reads them, and changes nothing. Failures are SluiceErrors. */
export class ObjectReader {
  readonly #destination: EngineDestination
  readonly #sdk: typeof import('@aws-sdk/client-s3')
  readonly #client: S3Client
  readonly #control: S3Control

  private constructor(
    destination: EngineDestination,
    sdk: typeof import('@aws-sdk/client-s3'),
    client: S3Client,
    control: S3Control,
  ) {
    this.#destination = destination
    this.#sdk = sdk
    this.#client = client
    this.#control = control
  }

  /** The same way to the bucket as an upload has: credentials, authorities, agent. */
  static async open(destination: EngineDestination): Promise<ObjectReader> {
    const sdk = await import('@aws-sdk/client-s3')
    const control = await S3Control.open(destination, () => {})
    const agent = createAgent(await control.forSenders())
    const client = new sdk.S3Client({
      region: destination.region,
      ...(destination.endpoint === null ? {} : { endpoint: destination.endpoint }),
      forcePathStyle: destination.pathStyle,
      credentials: () => control.credentials(),
      requestHandler: {
        httpAgent: agent,
        httpsAgent: agent,
        connectionTimeout: CONNECT_MS,
        requestTimeout: ANSWER_MS,
        throwOnRequestTimeout: true,
      },
      followRegionRedirects: false,
      responseChecksumValidation: 'WHEN_REQUIRED',
    })
    return new ObjectReader(destination, sdk, client, control)
  }

  /** null where there is no such object. `versionId` null: the newest. */
  async describe(key: string, versionId: string | null): Promise<DescribedObject | null> {
    try {
      const head = new this.#sdk.HeadObjectCommand({ ...this.#named(key, versionId), ChecksumMode: 'ENABLED' })
      const found = await this.#client.send(head)
      return { sizeBytes: found.ContentLength ?? 0, etag: found.ETag ?? '', checksums: checksumsOf(found) }
    } catch (thrown) {
      if (thrown instanceof this.#sdk.S3ServiceException && thrown.$metadata.httpStatusCode === 404) return null
      throw this.#ours(thrown)
    }
  }

  /** The bytes of the object. Ends with an error when nothing comes for a minute while somebody waits for more. */
  async *read(key: string, versionId: string | null, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let timer: NodeJS.Timeout | undefined
    try {
      const get = new this.#sdk.GetObjectCommand(this.#named(key, versionId))
      const { Body } = await this.#client.send(get, { abortSignal: signal })
      const stream = Body as (AsyncIterable<Uint8Array> & { destroy(reason?: Error): void }) | undefined
      if (stream === undefined) return
      const silent = Object.assign(new Error('nothing came'), { code: 'ETIMEDOUT' })
      const arm = () => {
        timer = setTimeout(() => stream.destroy(silent), ANSWER_MS)
      }
      arm()
      for await (const chunk of stream) {
        clearTimeout(timer)
        yield chunk
        arm()
      }
    } catch (thrown) {
      signal.throwIfAborted()
      throw this.#ours(thrown)
    } finally {
      clearTimeout(timer)
    }
  }

  close(): void {
    this.#client.destroy()
    this.#control.close()
  }

  #named(key: string, versionId: string | null) {
    return { Bucket: this.#destination.bucket, Key: key, ...(versionId === null ? {} : { VersionId: versionId }) }
  }

  #ours(thrown: unknown): SluiceError {
    if (thrown instanceof SluiceError) return thrown
    return new SluiceError(errorFromThrown(thrown, contextOf(this.#destination)), thrown)
  }
}

function checksumsOf(found: HeadObjectCommandOutput): DescribedObject['checksums'] {
  const { ChecksumCRC32: crc32, ChecksumCRC32C: crc32c, ChecksumCRC64NVME: crc64nvme, ChecksumSHA256: sha256 } = found
  return {
    ...(crc32 && { crc32 }),
    ...(crc32c && { crc32c }),
    ...(crc64nvme && { crc64nvme }),
    ...(sha256 && { sha256 }),
  }
}
