/**
 * Part sizing. S3 allows 10 000 parts of 5 MiB to 5 GiB, the last one of any size, and objects of 48.8 TiB.
 * Pure: the same file and options always give the same plan, so a resumed upload can be checked
 * against the plan that started it.
 */
export const MIN_PART_BYTES = 5 * 1024 * 1024
export const MAX_PART_BYTES = 5 * 1024 ** 3
export const MAX_PART_COUNT = 10_000
export const MAX_OBJECT_BYTES = MAX_PART_BYTES * MAX_PART_COUNT

/** Where a store takes less than S3. */
export interface PartLimits {
  readonly maxPartCount: number
  readonly maxObjectBytes: number
  /** All parts but the last must have one size. */
  readonly equalParts: boolean
}

export const S3_LIMITS: PartLimits = {
  maxPartCount: MAX_PART_COUNT,
  maxObjectBytes: MAX_OBJECT_BYTES,
  equalParts: false,
}

/** The largest object that can be sent there. */
export function maxObjectBytes({ maxObjectBytes, maxPartCount }: PartLimits): number {
  return Math.min(maxObjectBytes, MAX_PART_BYTES * maxPartCount)
}

/** Smallest legal part size, at least the preferred one, that keeps `fileBytes` within `maxPartCount` parts. */
export function choosePartBytes(fileBytes: number, preferredPartBytes: number, maxPartCount = MAX_PART_COUNT): number {
  const smallestThatFits = Math.ceil(fileBytes / maxPartCount)
  return Math.min(MAX_PART_BYTES, Math.max(MIN_PART_BYTES, preferredPartBytes, smallestThatFits))
}

export interface PartRange {
  /** From 1, as S3 counts. */
  readonly partNumber: number
  readonly offset: number
  readonly bytes: number
}

/** How many parts of `partBytes` a file has; an empty file has one of 0 bytes. */
export function partCount(fileBytes: number, partBytes: number): number {
  return Math.max(1, Math.ceil(fileBytes / partBytes))
}

export function partRange(fileBytes: number, partBytes: number, partNumber: number): PartRange {
  const offset = (partNumber - 1) * partBytes
  return { partNumber, offset, bytes: Math.min(partBytes, fileBytes - offset) }
}

/** Files above the threshold are multipart. */
export function isMultipart(fileBytes: number, thresholdBytes: number): boolean {
  return fileBytes > thresholdBytes || fileBytes > MAX_PART_BYTES
}

/** Why a larger file than `bytes` is not sent there. */
export function tooLargeFor(bytes: number): string {
  const tib = bytes / 1024 ** 4
  const text = tib >= 1 ? `${Math.floor(tib * 10) / 10} TiB` : `${Math.floor(bytes / 1024 ** 3)} GiB`
  return `It is larger than the ${text} that this store takes as one object.`
}
