import { createHash } from 'node:crypto'
import type { Crc, CrcName } from './crc.ts'
import { Crc32, CrcCombiner, newCrc32c, newCrc64Nvme } from './crc.ts'

export const CHECKSUM_ALGORITHMS = ['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const
export type ChecksumAlgorithm = (typeof CHECKSUM_ALGORITHMS)[number]
export type ChecksumType = 'FULL_OBJECT' | 'COMPOSITE'

/** `value` is base64; a composite one ends in `-` and the count of parts. */
export interface StoredChecksum {
  readonly algorithm: ChecksumAlgorithm
  readonly value: string
  readonly type: ChecksumType
}

/** Bytes of each digest. */
export const DIGEST_BYTES: Readonly<Record<ChecksumAlgorithm, number>> = {
  CRC32: 4,
  CRC32C: 4,
  CRC64NVME: 8,
  SHA1: 20,
  SHA256: 32,
}

export interface Digest {
  update(bytes: Uint8Array): void
  digest(): Buffer
}

class CrcDigest implements Digest {
  readonly #crc: Crc
  readonly #bytes: number
  constructor(crc: Crc, bytes: number) {
    this.#crc = crc
    this.#bytes = bytes
  }
  update(bytes: Uint8Array): void {
    this.#crc.update(bytes)
  }
  digest(): Buffer {
    return crcBytes(this.#crc.value(), this.#bytes)
  }
}

function crcBytes(value: bigint, bytes: number): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64BE(value)
  return buffer.subarray(8 - bytes)
}

export function newDigest(algorithm: ChecksumAlgorithm | 'MD5'): Digest {
  switch (algorithm) {
    case 'CRC32':
      return new CrcDigest(new Crc32(), 4)
    case 'CRC32C':
      return new CrcDigest(newCrc32c(), 4)
    case 'CRC64NVME':
      return new CrcDigest(newCrc64Nvme(), 8)
    case 'SHA1':
    case 'SHA256':
    case 'MD5':
      return createHash(algorithm)
  }
}

export function isCrc(algorithm: ChecksumAlgorithm): algorithm is CrcName {
  return algorithm === 'CRC32' || algorithm === 'CRC32C' || algorithm === 'CRC64NVME'
}

/** What S3 uses when a client names the algorithm only. CRC64NVME is never composite, SHA always is. */
export function defaultChecksumType(algorithm: ChecksumAlgorithm): ChecksumType {
  return algorithm === 'CRC64NVME' ? 'FULL_OBJECT' : 'COMPOSITE'
}

export function isLegalChecksumType(algorithm: ChecksumAlgorithm, type: ChecksumType): boolean {
  return type === 'FULL_OBJECT' ? isCrc(algorithm) : algorithm !== 'CRC64NVME'
}

/** Checksum of a whole object from those of its parts (base64), without reading a byte. */
export function combineChecksums(
  algorithm: ChecksumAlgorithm,
  type: ChecksumType,
  parts: readonly { readonly value: string; readonly sizeBytes: number }[],
): StoredChecksum {
  if (type === 'FULL_OBJECT' && isCrc(algorithm)) {
    const combiner = new CrcCombiner(algorithm)
    let whole = 0n
    for (const part of parts) {
      whole = combiner.combine(whole, BigInt(`0x${Buffer.from(part.value, 'base64').toString('hex')}`), part.sizeBytes)
    }
    return { algorithm, type, value: crcBytes(whole, DIGEST_BYTES[algorithm]).toString('base64') }
  }
  const digest = newDigest(algorithm)
  for (const part of parts) digest.update(Buffer.from(part.value, 'base64'))
  return { algorithm, type, value: `${digest.digest().toString('base64')}-${parts.length}` }
}
