import { createHash, hash } from 'node:crypto'
import type { Checksum, ChecksumAlgorithm, SumAlgorithm } from '../../shared/transfer.ts'
import { CRC_FIELDS, combineCrcs } from '../core/crc-combine.ts'
import { crc32, loadNativeCrcs } from './crc32.ts'

/**
 * The checksums that S3 knows, computed. CRC-32 and CRC-32C are a native module's, SHA-256 and MD5 are OpenSSL's, CRC-64 is
 * WebAssembly: see docs/decisions/005-checksums.md.
 */

/** A running checksum, used again and again. */
export interface Summer {
  begin(): void
  update(bytes: Uint8Array): void
  /** Base64, as S3 writes it. `begin` comes before the next `update`. */
  end(): string
}

/** Loads what the algorithm needs. Two sums at the same time need two summers. */
export async function openSummer(algorithm: SumAlgorithm): Promise<Summer> {
  switch (algorithm) {
    case 'crc32':
      await loadNativeCrcs()
      return new CrcSummer(crc32)
    case 'crc32c': {
      const native = await loadNativeCrcs()
      if (native !== null) return new CrcSummer(native.crc32c)
      const { default: wasm } = await import('hash-wasm')
      return wasmSummer(await wasm.createCRC32(Number(CRC_FIELDS.crc32c.polynomial)))
    }
    case 'crc64nvme': {
      // Loaded on first use: few destinations ask for it.
      const { default: wasm } = await import('hash-wasm')
      return wasmSummer(await wasm.createCRC64(CRC_FIELDS.crc64nvme.polynomial.toString(16)))
    }
    case 'sha256':
    case 'md5':
      return new HashSummer(algorithm)
  }
}

class CrcSummer implements Summer {
  readonly #of: (bytes: Uint8Array, before: number) => number
  #sum = 0
  constructor(of: (bytes: Uint8Array, before: number) => number) {
    this.#of = of
  }
  begin(): void {
    this.#sum = 0
  }
  update(bytes: Uint8Array): void {
    this.#sum = this.#of(bytes, this.#sum)
  }
  end(): string {
    return encodeCrc32(this.#sum)
  }
}

class HashSummer implements Summer {
  readonly #algorithm: string
  #hash
  constructor(algorithm: 'sha256' | 'md5') {
    this.#algorithm = algorithm
    this.#hash = createHash(algorithm)
  }
  begin(): void {
    this.#hash = createHash(this.#algorithm)
  }
  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }
  end(): string {
    return this.#hash.digest('base64')
  }
}

/** A hasher of hash-wasm, which writes its CRCs big-endian, as S3 wants them. */
function wasmSummer(hasher: {
  init(): unknown
  update(bytes: Uint8Array): unknown
  digest(type: 'binary'): Uint8Array
}): Summer {
  return {
    begin: () => void hasher.init(),
    update: (bytes) => void hasher.update(bytes),
    end: () => Buffer.from(hasher.digest('binary')).toString('base64'),
  }
}

/** S3's base64 of the big-endian 32-bit sum. */
export function encodeCrc32(sum: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(sum >>> 0)
  return bytes.toString('base64')
}

export interface SummedPart {
  readonly bytes: number
  /** Base64 in the algorithm of the whole. */
  readonly checksum: string | null
}

/**
 * The checksum of an object from those of its parts, in order, without reading a byte: the CRC of all bytes, or for
 * SHA-256 and MD5 S3's composite. null where there are no checksums.
 * @param partBytes of each part but the last; null where they differ
 */
export function wholeChecksum(
  algorithm: ChecksumAlgorithm,
  parts: readonly SummedPart[],
  partBytes: number | null,
): Checksum | null {
  const sums = parts.map(({ checksum }) => checksum).filter((sum) => sum !== null)
  if (algorithm === 'none' || sums.length < parts.length) return null
  const binary = sums.map((sum) => Buffer.from(sum, 'base64'))
  if (algorithm === 'sha256' || algorithm === 'md5') {
    const value = `${hash(algorithm, Buffer.concat(binary), 'base64')}-${parts.length}`
    return { algorithm, value, partBytes }
  }
  const field = CRC_FIELDS[algorithm]
  const crcs = binary.map((sum, index) => ({
    crc: BigInt(`0x${sum.toString('hex')}`),
    bytes: parts[index]?.bytes ?? 0,
  }))
  const hex = combineCrcs(field, crcs).toString(16)
  const value = Buffer.from(hex.padStart(field.bits / 4, '0'), 'hex').toString('base64')
  return { algorithm, value, partBytes: null }
}
