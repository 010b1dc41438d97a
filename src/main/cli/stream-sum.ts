import type { ChecksumAlgorithm } from '../demo/checksums.ts'
import { newDigest } from '../demo/checksums.ts'

/**
 * The demo bucket's own checksums, not the engine's: what sent the bytes must not be what judges them.
 */
const DIGESTS: Readonly<Record<string, ChecksumAlgorithm | 'MD5'>> = {
  crc32: 'CRC32',
  crc32c: 'CRC32C',
  crc64nvme: 'CRC64NVME',
  sha256: 'SHA256',
  md5: 'MD5',
}

export interface Sum {
  readonly sizeBytes: number
  /** Base64; with `partBytes` the digest of the parts' digests, a dash and their count. null: no algorithm, or an unknown one. */
  readonly value: string | null
}

/** Reads all of `source`. @param partBytes null: one sum over everything */
export async function sumOf(
  source: AsyncIterable<Uint8Array>,
  algorithm: string | null,
  partBytes: number | null,
): Promise<Sum> {
  const name = algorithm === null ? undefined : DIGESTS[algorithm]
  let sizeBytes = 0
  if (name === undefined) {
    for await (const chunk of source) sizeBytes += chunk.byteLength
    return { sizeBytes, value: null }
  }
  const ofParts = newDigest(name)
  let parts = 0
  let part = newDigest(name)
  let inPart = 0
  const endPart = () => {
    ofParts.update(part.digest())
    parts += 1
    part = newDigest(name)
    inPart = 0
  }
  for await (const chunk of source) {
    sizeBytes += chunk.byteLength
    for (let rest = chunk; rest.byteLength > 0; ) {
      if (inPart === partBytes) endPart()
      const piece = partBytes === null ? rest : rest.subarray(0, partBytes - inPart)
      part.update(piece)
      inPart += piece.byteLength
      rest = rest.subarray(piece.byteLength)
    }
  }
  if (partBytes === null) return { sizeBytes, value: part.digest().toString('base64') }
  endPart()
  return { sizeBytes, value: `${ofParts.digest().toString('base64')}-${parts}` }
}
