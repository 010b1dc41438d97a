import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  paginateListObjectsV2,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import type { DemoInfo } from '../../src/main/demo/server.ts'

/** Looks into a bucket with the SDK alone, so that what the uploader claims is checked by somebody else. */
export class FarSide {
  readonly #client: S3Client
  readonly #bucket: string

  constructor({ endpoint, region, bucket, accessKeyId, secretAccessKey }: DemoInfo) {
    const credentials = { accessKeyId, secretAccessKey }
    this.#client = new S3Client({ endpoint, region, forcePathStyle: true, credentials })
    this.#bucket = bucket
  }

  /** All keys in the order of S3, with a prefix if one is given. */
  async keys(prefix = ''): Promise<string[]> {
    const keys: string[] = []
    const pages = paginateListObjectsV2({ client: this.#client }, { Bucket: this.#bucket, Prefix: prefix })
    for await (const page of pages) for (const { Key } of page.Contents ?? []) keys.push(Key ?? '')
    return keys
  }

  async bytes(key: string): Promise<Buffer> {
    const { Body } = await this.#client.send(new GetObjectCommand({ Bucket: this.#bucket, Key: key }))
    return Buffer.from((await Body?.transformToByteArray()) ?? [])
  }

  async tags(key: string): Promise<Record<string, string>> {
    const { TagSet = [] } = await this.#client.send(new GetObjectTaggingCommand({ Bucket: this.#bucket, Key: key }))
    return Object.fromEntries(TagSet.map(({ Key = '', Value = '' }) => [Key, Value]))
  }

  async put(key: string, body: string | Uint8Array): Promise<void> {
    await this.#client.send(new PutObjectCommand({ Bucket: this.#bucket, Key: key, Body: body }))
  }

  /** Keys of multipart uploads that were begun and neither completed nor aborted. */
  async openUploads(): Promise<string[]> {
    return (await this.#uploads()).map(({ Key }) => Key ?? '')
  }

  /** Begins an upload of another program, with one part. */
  async begin(key: string, part: Uint8Array): Promise<void> {
    const target = { Bucket: this.#bucket, Key: key }
    const { UploadId } = await this.#client.send(
      new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }),
    )
    await this.#client.send(new UploadPartCommand({ ...target, UploadId, PartNumber: 1, Body: part }))
  }

  /** Puts other bytes in the place of a part of the upload that is open for a key. */
  async replacePart(key: string, partNumber: number, part: Uint8Array): Promise<void> {
    for (const { Key, UploadId } of await this.#uploads()) {
      if (Key !== key) continue
      const target = { Bucket: this.#bucket, Key, UploadId, PartNumber: partNumber }
      await this.#client.send(new UploadPartCommand({ ...target, Body: part }))
    }
  }

  /** As a lifecycle rule does. */
  async abortAll(): Promise<void> {
    for (const { Key, UploadId } of await this.#uploads()) {
      await this.#client.send(new AbortMultipartUploadCommand({ Bucket: this.#bucket, Key, UploadId }))
    }
  }

  async #uploads() {
    return (await this.#client.send(new ListMultipartUploadsCommand({ Bucket: this.#bucket }))).Uploads ?? []
  }

  close(): void {
    this.#client.destroy()
  }
}
