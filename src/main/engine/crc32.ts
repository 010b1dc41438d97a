import { crc32 as zlibCrc32 } from 'node:zlib'

type Native = typeof import('@node-rs/crc32')

let sum: (bytes: Uint8Array, before: number) => number = zlibCrc32
let native: Promise<Native | null> | null = null

/** The CRC-32 (IEEE) of these bytes after those whose CRC-32 is `before`. */
export function crc32(bytes: Uint8Array, before = 0): number {
  return sum(bytes, before)
}

/**
 * From its answer on, `crc32` uses the processor's own instructions: six times as quick as Node's zlib, which is built
 * without them (docs/decisions/005-checksums.md). Loading takes some 6 ms of the thread, so that only who has megabytes
 * to sum should ask. null where there is no module for this system: zlib stays.
 */
export function loadNativeCrcs(): Promise<Native | null> {
  native ??= import('@node-rs/crc32').then(
    (loaded) => {
      sum = loaded.crc32
      return loaded
    },
    () => null,
  )
  return native
}
