import { readFile } from 'node:fs/promises'
import type { Agent } from 'node:http'
import type { S3Client } from '@aws-sdk/client-s3'
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from '@smithy/types'
import { SluiceError } from '../../shared/errors.ts'
import { redact } from '../../shared/redact.ts'
import { createAgent, dropIdle } from './agent.ts'
import type { EngineDestination } from './api.ts'
import { watchCalls } from './crash-points.ts'
import { credentialProvider, renewAtMs } from './credentials.ts'
import { errorFromThrown } from './s3-errors.ts'
import { mendCalls, SdkHandler } from './sdk-handler.ts'
import type { SenderDestination } from './sender-protocol.ts'

/** Loaded on first use: 90 ms of CPU that a start does not need to wait for. */
const loadSdk = () => import('@aws-sdk/client-s3')

/** What a connection is built from, once all of it is there: see `prepare`. */
export interface ConnectionParts {
  readonly destination: EngineDestination
  readonly sdk: Awaited<ReturnType<typeof loadSdk>>
  readonly ca: string | null
  readonly provider: AwsCredentialIdentityProvider
  /** Is told what each call puts on the wire. */
  readonly onBytes: (bytes: number) => void
}

/** @throws SluiceError where the CA file or the source of the credentials cannot be read */
export async function prepare(
  destination: EngineDestination,
  onBytes: (bytes: number) => void,
): Promise<ConnectionParts> {
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
  return { destination, sdk, ca, provider: await credentialProvider(destination.credentials), onBytes }
}

/** The SDK's client of one destination: its connections, its credentials, and its errors as ours. One try a call. */
export class S3Connection {
  readonly destination: EngineDestination
  /** For messages: `bucket "b" at host`. */
  readonly context: string
  protected readonly sdk: ConnectionParts['sdk']
  protected readonly client: S3Client
  readonly #agent: Agent
  readonly #ca: string | null
  readonly #provider: AwsCredentialIdentityProvider
  #credentials: AwsCredentialIdentity | null = null
  #asking: Promise<AwsCredentialIdentity> | null = null
  #renewAtMs = 0

  protected constructor({ destination, sdk, ca, provider, onBytes }: ConnectionParts) {
    this.destination = destination
    this.context = contextOf(destination)
    this.sdk = sdk
    this.#ca = ca
    this.#provider = provider
    const { endpoint, proxy, bindAddress } = destination
    this.#agent = createAgent({ baseUrl: endpoint ?? 'https://', ca, proxy, bindAddress })
    this.client = new sdk.S3Client({
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
    watchCalls(this.client)
    mendCalls(this.client)
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
    const endpoint = this.client.config.endpointProvider({
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
      clockOffsetMs: this.client.config.systemClockOffset,
    }
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
    this.client.destroy()
  }

  /** @throws SluiceError whatever goes wrong in the call */
  protected async attempt<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (thrown) {
      throw this.ours(thrown)
    }
  }

  protected ours(thrown: unknown): SluiceError {
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
