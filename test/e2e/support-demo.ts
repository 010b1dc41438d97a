import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { RunningShell } from './support-launch.ts'

/** Reads the demo bucket with a client that is not ours, and begins uploads there as another program. */
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

  async tags(key: string): Promise<Record<string, string>> {
    const { client, bucket } = await this.#connect()
    const { TagSet = [] } = await client.send(new GetObjectTaggingCommand({ Bucket: bucket, Key: key }))
    return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]))
  }

  /** Begins an upload as another program would, with one part of so many bytes (0: none), and leaves it so. */
  async beginUpload(key: string, bytes: number): Promise<void> {
    const { client, bucket } = await this.#connect()
    const target = { Bucket: bucket, Key: key }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }))
    if (bytes === 0) return
    await client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: Buffer.alloc(bytes, key) }))
  }

  /** Keys of uploads that are open, at most 1 000. */
  async openUploads(): Promise<string[]> {
    const { client, bucket } = await this.#connect()
    const { Uploads } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
    return (Uploads ?? []).map(({ Key }) => Key ?? '')
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
