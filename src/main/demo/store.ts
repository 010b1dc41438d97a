import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { Bucket, newId } from './bucket.ts'
import { S3Error } from './s3-error.ts'

/** All buckets of one folder. */
export class Store {
  readonly buckets = new Map<string, Bucket>()
  readonly #dir: string

  /** Opens or creates. Reads every record: about 5 µs an object. */
  constructor(dir: string) {
    this.#dir = dir
    // Nothing in it was ever visible.
    rmSync(join(dir, 'tmp'), { recursive: true, force: true })
    mkdirSync(join(dir, 'tmp'), { recursive: true, mode: 0o700 })
    mkdirSync(join(dir, 'buckets'), { recursive: true, mode: 0o700 })
    for (const name of readdirSync(join(dir, 'buckets'))) {
      this.buckets.set(name, Bucket.load(name, this.#bucketDir(name), this.newTempPath))
    }
  }

  /** On the same file system as everything else, so that a rename publishes it. */
  readonly newTempPath = (): string => join(this.#dir, 'tmp', newId())

  /** @throws S3Error NoSuchBucket. */
  bucket(name: string): Bucket {
    const bucket = this.buckets.get(name)
    if (bucket === undefined) {
      throw new S3Error('NoSuchBucket', 'The specified bucket does not exist', { extra: { BucketName: name } })
    }
    return bucket
  }

  /** @throws S3Error InvalidBucketName, BucketAlreadyOwnedByYou. */
  createBucket(name: string): void {
    if (!isBucketName(name)) throw new S3Error('InvalidBucketName', 'The specified bucket is not valid.')
    if (this.buckets.has(name)) {
      throw new S3Error(
        'BucketAlreadyOwnedByYou',
        'Your previous request to create the named bucket succeeded and you already own it.',
      )
    }
    this.buckets.set(name, Bucket.create(name, this.#bucketDir(name), Date.now(), this.newTempPath))
  }

  /** @throws S3Error NoSuchBucket, BucketNotEmpty. */
  async deleteBucket(name: string): Promise<void> {
    const bucket = this.bucket(name)
    if (!bucket.isEmpty) {
      throw new S3Error('BucketNotEmpty', 'The bucket you tried to delete is not empty')
    }
    this.buckets.delete(name)
    await bucket.destroy()
  }

  async close(): Promise<void> {
    for (const bucket of this.buckets.values()) await bucket.close()
  }

  #bucketDir(name: string): string {
    return join(this.#dir, 'buckets', name)
  }
}

/** The rules of S3; they also make it a safe folder name on every system. */
function isBucketName(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) && !name.includes('..')
}
