import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3'

/** A running demo bucket, as far as a reader needs it. */
export interface ReadableBucket {
  readonly endpoint: string
  readonly region: string
  readonly bucket: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The whole object, by a client that shares no code with the uploader but the SDK. */
export async function readBack(from: ReadableBucket, key: string): Promise<Uint8Array> {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = from
  const client = new S3Client({ endpoint, region, forcePathStyle: true, credentials: { accessKeyId, secretAccessKey } })
  try {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
    return (await Body?.transformToByteArray()) ?? new Uint8Array()
  } finally {
    client.destroy()
  }
}
