import { MAX_PART_BYTES, MIN_PART_BYTES, S3_LIMITS } from './part-plan.ts'

/**
 * Part sizing for a stream whose length nobody knows. The first thousand parts have the preferred size, and each
 * further thousand twice that of the one before: a short stream costs little memory, and 10 000 parts hold a long
 * one (7.8 TiB from 8 MiB on). A part is kept in memory until the server has it, since a stream cannot be read again.
 */
const PARTS_PER_SIZE = 1_000

/** Parts of more than this are costly to keep: one less of them is in memory. */
const LARGE_PART_BYTES = 64 * 1024 ** 2

/** How many bytes part `partNumber` (from 1) has, unless it is the last one. */
export function streamPartBytes(partNumber: number, preferredPartBytes: number, equalParts = false): number {
  const doublings = equalParts ? 0 : Math.floor((partNumber - 1) / PARTS_PER_SIZE)
  return Math.min(MAX_PART_BYTES, Math.max(MIN_PART_BYTES, preferredPartBytes) * 2 ** doublings)
}

/** The longest stream that fits. */
export function maxStreamBytes(preferredPartBytes: number, limits = S3_LIMITS): number {
  const { maxPartCount, equalParts } = limits
  let bytes = 0
  for (let partNumber = 1; partNumber <= maxPartCount; partNumber += PARTS_PER_SIZE) {
    const parts = Math.min(PARTS_PER_SIZE, maxPartCount - partNumber + 1)
    bytes += parts * streamPartBytes(partNumber, preferredPartBytes, equalParts)
  }
  return bytes
}

/** Parts of this size that may be in memory together: one is being read, the others are on their way. */
export function partsInMemory(partBytes: number): number {
  return partBytes > LARGE_PART_BYTES ? 2 : 3
}
