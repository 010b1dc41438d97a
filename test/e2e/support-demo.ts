import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3'
import type { RunningShell } from './support-launch.ts'

/** Reads the demo bucket with a client that is not ours. */
export class DemoReader {
  readonly #running: RunningShell
  readonly #folder: string

  /** `folder` is the demo bucket's own: its keys are kept there. */
  constructor(running: RunningShell, folder: string) {
    this.#running = running
    this.#folder = folder
  }

  /** Sizes by key, of at most 1 000 objects. */
  async list(): Promise<Map<string, number>> {
    const { client, bucket } = await this.#connect()
    const { Contents } = await client.send(new ListObjectsV2Command({ Bucket: bucket }))
    return new Map((Contents ?? []).map(({ Key, Size }) => [Key ?? '', Size ?? 0]))
  }

  async read(key: string): Promise<Buffer> {
    const { client, bucket } = await this.#connect()
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    if (Body === undefined) throw new Error(`${key} has no body`)
    return Buffer.from(await Body.transformToByteArray())
  }

  /** What is kept beside an object's bytes. */
  async told(key: string): Promise<{ contentType: string | undefined; cacheControl: string | undefined }> {
    const { client, bucket } = await this.#connect()
    const { ContentType, CacheControl } = await client.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
    return { contentType: ContentType, cacheControl: CacheControl }
  }

  async #connect(): Promise<{ client: S3Client; bucket: string }> {
    const answer = await this.#running.call('hello', {})
    if (!answer.ok) throw new Error(answer.error.message)
    const demo = answer.value.destinations.find(({ credentials }) => credentials.kind === 'demo')
    if (demo?.endpoint == null) throw new Error('the demo bucket has not been started')
    const credentials = JSON.parse(await readFile(join(this.#folder, 'credentials.json'), 'utf8'))
    const client = new S3Client({ endpoint: demo.endpoint, region: demo.region, forcePathStyle: true, credentials })
    return { client, bucket: demo.bucket }
  }
}
