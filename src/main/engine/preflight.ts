import { setTimeout as sleep } from 'node:timers/promises'
import type { ExistingKeys, LargestFile, Preflight } from '../../shared/preflight.ts'
import { isWorthAsking, LISTED } from '../../shared/preflight.ts'
import { choosePartBytes, isMultipart, maxObjectBytes, partCount, S3_LIMITS, tooLargeFor } from '../core/part-plan.ts'
import type { PreflightInput, Source, TransferOptions } from './api.ts'
import type { S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'
import type { ListedObject } from './s3-objects.ts'
import type { ScannedFile } from './scan.ts'
import { scanSources } from './scan.ts'

/** A person waits for the answer: what is not known by then is told as not known. */
const LOOK_MS = 4_000
/** In all: ten pages of a listing. */
const MAX_LISTED_KEYS = 10_000
/** Files that were dropped one by one are asked for one by one. */
const MAX_HEADS = 40
const HEADS_AT_ONCE = 8

/** What would be uploaded, by its key. */
type Files = ReadonlyMap<string, ScannedFile>

/** Walks what was dropped and says what would come of it. Queues and keeps nothing. One at a time. */
export class PreflightCheck {
  #cancel = new AbortController()

  /** Ends the check under way: it answers null. */
  cancel(): void {
    this.#cancel.abort()
    this.#cancel = new AbortController()
  }

  /** @param control asked for only where the destination is to be looked at */
  async run(input: PreflightInput, control: () => Promise<S3Control>): Promise<Preflight | null> {
    this.cancel()
    const { signal } = this.#cancel
    try {
      const { found, files } = await walk(input, signal)
      const existing = isWorthAsking(found) ? await look(input.sources, files, control, signal) : null
      return signal.aborted ? null : { ...found, existing }
    } catch (thrown) {
      if (signal.aborted) return null
      throw thrown
    }
  }
}

async function walk({ sources, options }: PreflightInput, signal: AbortSignal) {
  const tally = { files: 0, bytes: 0, leftOut: 0, emptyFolders: 0, skippedCount: 0 }
  const skipped: { path: string; reason: string }[] = []
  const fileOf = new Map<string, ScannedFile>()
  const mostBytes = maxObjectBytes(options.limits ?? S3_LIMITS)
  let largest: ScannedFile | null = null
  const skip = (path: string, reason: string) => {
    tally.skippedCount++
    if (skipped.length < LISTED) skipped.push({ path, reason })
  }
  for await (const found of scanSources(sources, { include: [], exclude: [], signal })) {
    tally.leftOut += found.leftOut
    tally.emptyFolders += found.emptyFolders
    for (const { path, error } of found.problems) skip(path, error.message)
    for (const file of found.files) {
      const other = fileOf.get(file.key)
      if (other !== undefined) {
        skip(file.path, `Another file of this drop has the same key: ${other.path}`)
      } else if (file.sizeBytes > mostBytes) {
        skip(file.path, tooLargeFor(mostBytes))
      } else {
        fileOf.set(file.key, file)
        tally.files++
        tally.bytes += file.sizeBytes
        if (largest === null || file.sizeBytes > largest.sizeBytes) largest = file
      }
    }
  }
  const found = { ...tally, skipped, largest: largest === null ? null : planOf(largest, options) }
  return { found, files: fileOf as Files }
}

function planOf({ path, sizeBytes }: ScannedFile, options: TransferOptions): LargestFile {
  if (!isMultipart(sizeBytes, options.multipartThresholdBytes))
    return { path, sizeBytes, partBytes: null, partCount: 1 }
  const partBytes = choosePartBytes(sizeBytes, options.partBytes, options.limits?.maxPartCount)
  return { path, sizeBytes, partBytes, partCount: partCount(sizeBytes, partBytes) }
}

/** Which of the files' keys are there already. Never rejects: what cannot be found out is told. */
async function look(
  sources: readonly Source[],
  files: Files,
  open: () => Promise<S3Control>,
  signal: AbortSignal,
): Promise<ExistingKeys> {
  const none: ExistingKeys = { count: 0, keys: [], otherSize: 0, complete: false, problem: null }
  const late = new AbortController()
  const timeout = sleep(LOOK_MS, null, { signal: AbortSignal.any([signal, late.signal]) }).then(
    () => ({ ...none, problem: 'The destination has not answered yet.' }),
    () => none,
  )
  const looked = lookAll(sources, files, open, AbortSignal.any([signal, late.signal])).catch((thrown) => ({
    ...none,
    problem: errorFromThrown(thrown, 'the destination').message,
  }))
  try {
    return await Promise.race([looked, timeout])
  } finally {
    late.abort()
  }
}

async function lookAll(
  sources: readonly Source[],
  files: Files,
  open: () => Promise<S3Control>,
  signal: AbortSignal,
): Promise<ExistingKeys> {
  const control = await open()
  const found: string[] = []
  let otherSize = 0
  let complete = true
  let listed = 0
  const take = ({ key, sizeBytes }: ListedObject) => {
    const file = files.get(key)
    if (file === undefined) return
    found.push(key)
    if (file.sizeBytes !== sizeBytes) otherSize++
  }
  for (const { keyOrPrefix } of sources) {
    if (files.has(keyOrPrefix)) continue
    for (let after: string | null = ''; after !== null && !signal.aborted; ) {
      if (listed >= MAX_LISTED_KEYS) {
        complete = false
        break
      }
      const page: Awaited<ReturnType<S3Control['listKeys']>> = await control.listKeys(keyOrPrefix, after)
      listed += page.objects.length
      page.objects.forEach(take)
      after = page.next
    }
  }
  const single = sources.map(({ keyOrPrefix }) => keyOrPrefix).filter((key) => files.has(key))
  if (single.length > MAX_HEADS) complete = false
  for (let from = 0; from < Math.min(single.length, MAX_HEADS) && !signal.aborted; from += HEADS_AT_ONCE) {
    const some = single.slice(from, Math.min(from + HEADS_AT_ONCE, MAX_HEADS))
    const heads = await Promise.all(some.map(async (key) => ({ key, stored: await control.head(key) })))
    for (const { key, stored } of heads) if (stored !== null) take({ key, sizeBytes: stored.sizeBytes })
  }
  return { count: found.length, keys: found.slice(0, LISTED), otherSize, complete, problem: null }
}
