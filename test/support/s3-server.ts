import type { S3ClientConfig } from '@aws-sdk/client-s3'
import { S3Client } from '@aws-sdk/client-s3'

/** A running S3 server that a test may use as it likes. */
export interface TestS3Server extends AsyncDisposable {
  readonly endpoint: string
  readonly region: string
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

/** The SDK's client for it: one attempt, no checksum that the test did not ask for. */
export function clientFor(server: Omit<TestS3Server, keyof AsyncDisposable>, config: S3ClientConfig = {}): S3Client {
  const { endpoint, region, accessKeyId, secretAccessKey } = server
  return new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey },
    forcePathStyle: true,
    maxAttempts: 1,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...config,
  })
}

/** What a call is refused with: the S3 code and the HTTP status. Throws when it is not refused. */
export async function refusalOf(call: Promise<unknown>): Promise<{ code: string; status: number | undefined }> {
  try {
    await call
  } catch (error) {
    const { name, $metadata } = error as { name: string; $metadata?: { httpStatusCode?: number } }
    return { code: name, status: $metadata?.httpStatusCode }
  }
  throw new Error('the call was expected to be refused, and it was answered')
}
