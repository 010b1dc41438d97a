import type { Answer, Exchange } from './exchange.ts'
import { bucketOf, refuse } from './exchange.ts'
import { receiveText } from './receive.ts'
import { childrenOf, document, element, group, malformedXml, parseXml, textOf } from './xml.ts'

/** The same for everyone: this server has one account. */
export const OWNER = group('Owner', element('ID', 'sluice') + element('DisplayName', 'sluice'))

const MAX_CONFIGURATION_BYTES = 64 * 1024

export function listBuckets({ store }: Exchange): Answer {
  const buckets = [...store.buckets.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, createdMs }) =>
      group('Bucket', element('Name', name) + element('CreationDate', new Date(createdMs).toISOString())),
    )
  return { status: 200, body: document('ListAllMyBucketsResult', OWNER + group('Buckets', buckets.join(''))) }
}

export function headBucket(exchange: Exchange): Answer {
  bucketOf(exchange)
  return { status: 200, headers: { 'x-amz-bucket-region': exchange.region } }
}

export async function createBucket(exchange: Exchange): Promise<Answer> {
  const body = await receiveText(exchange, MAX_CONFIGURATION_BYTES, true)
  if (body.length > 0) {
    const region = textOf(parseXml(body, 'CreateBucketConfiguration'), 'LocationConstraint')
    if (region !== null && region !== exchange.region) {
      throw refuse('InvalidRequest', `The demo bucket's only region is ${exchange.region}.`)
    }
  }
  const name = exchange.target.bucket ?? ''
  exchange.store.createBucket(name)
  return { status: 200, headers: { location: `/${name}` } }
}

export async function deleteBucket(exchange: Exchange): Promise<Answer> {
  await exchange.store.deleteBucket(exchange.target.bucket ?? '')
  return { status: 204 }
}

/** us-east-1 is the empty name here, for historical reasons of S3's. */
export function getBucketLocation(exchange: Exchange): Answer {
  bucketOf(exchange)
  return {
    status: 200,
    body: document('LocationConstraint', exchange.region === 'us-east-1' ? '' : exchange.region),
  }
}

/** 1000 keys of 1024 bytes, each byte escaped, and their tags. */
const MAX_DELETE_BYTES = 8 * 1024 * 1024
const MAX_DELETE_KEYS = 1000

export async function deleteObjects(exchange: Exchange): Promise<Answer> {
  const bucket = bucketOf(exchange)
  const request = parseXml(await receiveText(exchange, MAX_DELETE_BYTES, true), 'Delete')
  const quiet = textOf(request, 'Quiet') === 'true'
  const keys = childrenOf(request, 'Object').map((object) => {
    const key = textOf(object, 'Key')
    if (key === null || key === '') throw malformedXml()
    return key
  })
  if (keys.length === 0 || keys.length > MAX_DELETE_KEYS) throw malformedXml()
  for (const key of keys) bucket.deleteObject(key)
  const deleted = quiet ? '' : keys.map((key) => group('Deleted', element('Key', key))).join('')
  return { status: 200, body: document('DeleteResult', deleted) }
}
