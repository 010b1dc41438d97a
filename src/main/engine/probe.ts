import { crc32 } from 'node:zlib'
import { SluiceError } from '../../shared/errors.ts'
import type { ServerTraits } from '../../shared/server-traits.ts'
import { encodeCrc32 } from './checksums.ts'
import { S3Control } from './s3-control.ts'

const BODY = 'sluice'
const RIGHT = encodeCrc32(crc32(BODY))
const WRONG = encodeCrc32(crc32('other bytes'))
/** Not us-east-1, which many a store takes for its own. */
const OTHER_REGIONS = ['eu-west-1', 'eu-central-1'] as const

/**
 * Finds out what the server can do: up to eight small requests, under one key that nobody else would choose, which is
 * removed again, whatever happens.
 * @throws SluiceError where a plain write fails, or its removal
 */
export async function probe(control: S3Control): Promise<ServerTraits> {
  const key = `.sluice-test-${crypto.randomUUID()}`
  const written: (string | null)[] = []
  const put: Put = async (how) => {
    const { dateMs, versionId } = await control.putSmall(key, BODY, how)
    written.push(versionId)
    return dateMs
  }
  const startedAtMs = Date.now()
  const dateMs = await put({})
  // The server wrote its time between the two; it counts in seconds.
  const clockOffsetMs = dateMs === null ? null : Math.round(dateMs + 500 - (startedAtMs + Date.now()) / 2)
  try {
    return {
      checksums: await checksumsOf(control, key, put),
      conditionalWrites: await conditionsOf(put),
      listParts: await listsParts(control, key),
      clockOffsetMs,
      region: await regionOf(control),
    }
  } finally {
    // Where the bucket keeps versions, each is removed: a plain removal would only hide them.
    for (const versionId of new Set(written)) await control.removeObject(key, versionId)
  }
}

/** Answers the server's time. */
type Put = (how: { readonly crc32?: string; readonly onlyIfNew?: boolean }) => Promise<number | null>

async function checksumsOf(control: S3Control, key: string, put: Put): Promise<ServerTraits['checksums']> {
  if ((await refusal(() => put({ crc32: RIGHT }))) !== null) return 'refused'
  const stored = await control.headIfAllowed(key)
  if ((await refusal(() => put({ crc32: WRONG }))) !== null) return 'checked'
  return stored?.checksums.crc32 === RIGHT ? 'kept' : 'ignored'
}

async function conditionsOf(put: Put): Promise<ServerTraits['conditionalWrites']> {
  const refused = await refusal(() => put({ onlyIfNew: true }))
  if (refused === null) return 'ignored'
  return refused === 'exists' ? 'honoured' : 'refused'
}

async function listsParts(control: S3Control, key: string): Promise<boolean> {
  const uploadId = await control.createUpload(key, { checksum: 'none' })
  try {
    return (await refusal(() => control.listParts(key, uploadId))) === null
  } finally {
    await control.abortUpload(key, uploadId)
  }
}

/** Asks once as if the bucket were elsewhere. Amazon names the right region, and its other hosts may be out of reach. */
async function regionOf(control: S3Control): Promise<ServerTraits['region']> {
  const { destination } = control
  if (destination.endpoint === null) return 'told'
  const { accessKeyId, secretAccessKey, sessionToken = null } = await control.credentials()
  const credentials = { kind: 'keys', accessKeyId, secretAccessKey, sessionToken } as const
  const region = destination.region === OTHER_REGIONS[0] ? OTHER_REGIONS[1] : OTHER_REGIONS[0]
  const elsewhere = await S3Control.open({ ...destination, region, credentials }, () => {})
  try {
    await elsewhere.listOne()
    return 'ignored'
  } catch (thrown) {
    if (!(thrown instanceof SluiceError)) throw thrown
    const { code, region: told } = thrown.failure
    if (code === 'wrong-region' && told !== undefined) return 'told'
    return code === 'wrong-region' || code === 'auth-rejected' ? 'untold' : null
  } finally {
    elsewhere.close()
  }
}

/** Null where it succeeded; the code where the server refused just this request. Trouble of any other kind is thrown. */
async function refusal(call: () => Promise<unknown>): Promise<SluiceError['failure']['code'] | null> {
  try {
    await call()
    return null
  } catch (thrown) {
    if (!(thrown instanceof SluiceError)) throw thrown
    const { code } = thrown.failure
    const isAnswer = ['object-rejected', 'exists', 'checksum-mismatch', 'access-denied', 'answer-invalid'].includes(
      code,
    )
    if (!isAnswer) throw thrown
    return code
  }
}
