import { crc32 as zlibCrc32 } from 'node:zlib'

/**
 * The CRCs of S3. All three are reflected, start from ones and end inverted, so one rule combines them.
 * CRC32 is zlib's own (about 3 GiB/s); the others are tables, eight bytes a step.
 */

const CRC32_POLYNOMIAL = 0xedb88320n
const CRC32C_POLYNOMIAL = 0x82f63b78n
const CRC64NVME_POLYNOMIAL = 0x9a6c9329ac4bc9b5n

/** Running CRC over bytes. `value` is what the published check values show. */
export interface Crc {
  update(bytes: Uint8Array): void
  value(): bigint
}

export class Crc32 implements Crc {
  #value = 0
  update(bytes: Uint8Array): void {
    this.#value = zlibCrc32(bytes, this.#value)
  }
  value(): bigint {
    return BigInt(this.#value)
  }
}

/** `tables[k][b]`: what byte `b` adds when `k` more bytes follow it, in two halves of 32 bits. */
interface Tables {
  readonly low: Uint32Array
  readonly high: Uint32Array
}

function makeTables(polynomial: bigint): Tables {
  const low = new Uint32Array(8 * 256)
  const high = new Uint32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let crc = BigInt(byte)
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ polynomial : crc >> 1n
    low[byte] = Number(crc & 0xffffffffn)
    high[byte] = Number(crc >> 32n)
  }
  for (let index = 256; index < 8 * 256; index++) {
    const previousLow = low[index - 256] ?? 0
    const previousHigh = high[index - 256] ?? 0
    const byte = previousLow & 0xff
    low[index] = ((previousLow >>> 8) | (previousHigh << 24)) ^ (low[byte] ?? 0)
    high[index] = (previousHigh >>> 8) ^ (high[byte] ?? 0)
  }
  return { low, high }
}

class TableCrc implements Crc {
  readonly #tables: Tables
  readonly #mask: bigint
  #low = 0xffffffff | 0
  #high: number

  constructor(tables: Tables, width: 32 | 64) {
    this.#tables = tables
    this.#high = width === 64 ? 0xffffffff | 0 : 0
    this.#mask = width === 64 ? 0xffffffffffffffffn : 0xffffffffn
  }

  update(bytes: Uint8Array): void {
    const { low: L, high: H } = this.#tables
    let low = this.#low
    let high = this.#high
    let at = 0
    // Every index is in range by its mask, which the compiler cannot see.
    for (const end = bytes.length - 7; at < end; at += 8) {
      const a = low ^ word(bytes, at)
      const b = high ^ word(bytes, at + 4)
      const i0 = 1792 + (a & 0xff)
      const i1 = 1536 + ((a >>> 8) & 0xff)
      const i2 = 1280 + ((a >>> 16) & 0xff)
      const i3 = 1024 + (a >>> 24)
      const i4 = 768 + (b & 0xff)
      const i5 = 512 + ((b >>> 8) & 0xff)
      const i6 = 256 + ((b >>> 16) & 0xff)
      const i7 = b >>> 24
      low =
        (L[i0] as number) ^
        (L[i1] as number) ^
        (L[i2] as number) ^
        (L[i3] as number) ^
        (L[i4] as number) ^
        (L[i5] as number) ^
        (L[i6] as number) ^
        (L[i7] as number)
      high =
        (H[i0] as number) ^
        (H[i1] as number) ^
        (H[i2] as number) ^
        (H[i3] as number) ^
        (H[i4] as number) ^
        (H[i5] as number) ^
        (H[i6] as number) ^
        (H[i7] as number)
    }
    for (; at < bytes.length; at++) {
      const index = (low ^ (bytes[at] as number)) & 0xff
      low = ((low >>> 8) | (high << 24)) ^ (L[index] as number)
      high = (high >>> 8) ^ (H[index] as number)
    }
    this.#low = low
    this.#high = high
  }

  value(): bigint {
    const value = (BigInt(this.#high >>> 0) << 32n) | BigInt(this.#low >>> 0)
    return value ^ this.#mask
  }
}

function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}

let crc32cTables: Tables | null = null
let crc64Tables: Tables | null = null

export function newCrc32c(): Crc {
  crc32cTables ??= makeTables(CRC32C_POLYNOMIAL)
  return new TableCrc(crc32cTables, 32)
}

export function newCrc64Nvme(): Crc {
  crc64Tables ??= makeTables(CRC64NVME_POLYNOMIAL)
  return new TableCrc(crc64Tables, 64)
}

export type CrcName = 'CRC32' | 'CRC32C' | 'CRC64NVME'

const FIELDS: Record<CrcName, { readonly width: bigint; readonly polynomial: bigint }> = {
  CRC32: { width: 32n, polynomial: CRC32_POLYNOMIAL },
  CRC32C: { width: 32n, polynomial: CRC32C_POLYNOMIAL },
  CRC64NVME: { width: 64n, polynomial: CRC64NVME_POLYNOMIAL },
}

/**
 * The CRC of A followed by B from theirs and B's length, without the bytes: `crcA · x^(8·bytes) + crcB` modulo the
 * polynomial. Parts share one size, so the power is kept between calls. Source: zlib, `crc32_combine`.
 */
export class CrcCombiner {
  readonly #width: bigint
  readonly #polynomial: bigint
  #powerBytes = -1
  #power = 0n

  constructor(name: CrcName) {
    this.#width = FIELDS[name].width
    this.#polynomial = FIELDS[name].polynomial
  }

  combine(first: bigint, second: bigint, secondBytes: number): bigint {
    if (secondBytes !== this.#powerBytes) {
      this.#power = this.#powerOfX(8n * BigInt(secondBytes))
      this.#powerBytes = secondBytes
    }
    return this.#multiply(first, this.#power) ^ second
  }

  /** x^n; the highest bit stands for x^0 because the field is reflected. */
  #powerOfX(exponent: bigint): bigint {
    let result = 1n << (this.#width - 1n)
    let square = result >> 1n
    for (let rest = exponent; rest > 0n; rest >>= 1n) {
      if (rest & 1n) result = this.#multiply(result, square)
      square = this.#multiply(square, square)
    }
    return result
  }

  #multiply(left: bigint, right: bigint): bigint {
    let product = 0n
    let shifted = right
    for (let bit = 1n << (this.#width - 1n); bit > 0n; bit >>= 1n) {
      if (left & bit) product ^= shifted
      shifted = shifted & 1n ? (shifted >> 1n) ^ this.#polynomial : shifted >> 1n
    }
    return product
  }
}
