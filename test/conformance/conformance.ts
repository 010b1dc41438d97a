import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { afterAll, beforeAll, describe } from 'vitest'
import type { TestS3Server } from '../support/s3-server.ts'
import { clientFor } from '../support/s3-server.ts'
import { accessCases } from './access-cases.ts'
import { bucketCases } from './bucket-cases.ts'
import { checksumCases } from './checksum-cases.ts'
import { listingCases } from './listing-cases.ts'
import { multipartCases } from './multipart-cases.ts'
import { objectCases } from './object-cases.ts'
import type { Capabilities, GetSubject, Subject } from './subject.ts'

const CASES = {
  buckets: bucketCases,
  objects: objectCases,
  listing: listingCases,
  multipart: multipartCases,
  checksums: checksumCases,
  access: accessCases,
}

/**
 * What any S3 server must do, for the demo bucket and for one that is not ours, so that a test against the demo
 * bucket is worth something. Each group of cases has a bucket of its own.
 */
export function conformance(name: string, start: () => Promise<TestS3Server>, can: Capabilities): void {
  describe(`S3 conformance of ${name}`, () => {
    let server: TestS3Server | undefined
    beforeAll(async () => {
      server = await start()
    })
    afterAll(async () => {
      await server?.[Symbol.asyncDispose]()
    })

    for (const [group, cases] of Object.entries(CASES)) {
      describe(group, () => {
        let subject: Subject | undefined
        beforeAll(async () => {
          if (server === undefined) throw new Error('the server did not start')
          const client = clientFor(server)
          const bucket = `conformance-${group}`
          await client.send(new CreateBucketCommand({ Bucket: bucket }))
          subject = { server, client, bucket, can }
        })
        afterAll(() => subject?.client.destroy())
        const getSubject: GetSubject = () => {
          if (subject === undefined) throw new Error('asked for the server before it ran')
          return subject
        }
        cases(getSubject)
      })
    }
  })
}
