/**
 * The CRC of two byte strings put together, from the CRC of each and the second one's length: `first · x^(8·bytes)
 * + second` modulo the polynomial. S3's full-object checksums of a multipart upload are this. It holds for every CRC
 * that starts from ones and ends inverted, as S3's three do. Source: zlib's `crc32_combine`.
 */
export interface CrcField {
  readonly bits: 32 | 64
  /** Reflected: the lowest bit stands for the highest power of x. */
  readonly polynomial: bigint
}

export const CRC_FIELDS = {
  crc32: { bits: 32, polynomial: 0xedb88320n },
  crc32c: { bits: 32, polynomial: 0x82f63b78n },
  crc64nvme: { bits: 64, polynomial: 0x9a6c9329ac4bc9b5n },
} as const satisfies Readonly<Record<string, CrcField>>

/** The CRC of `parts` one after the other; that of no parts is 0. */
export function combineCrcs(
  field: CrcField,
  parts: Iterable<{ readonly crc: bigint; readonly bytes: number }>,
): bigint {
  let whole = 0n
  // Parts share one size, so the power is worked out once.
  let power = 0n
  let powerBytes = -1
  for (const { crc, bytes } of parts) {
    if (bytes !== powerBytes) {
      power = powerOfX(field, 8n * BigInt(bytes))
      powerBytes = bytes
    }
    whole = multiply(field, whole, power) ^ crc
  }
  return whole
}

/** x^exponent. In a reflected field the highest bit stands for x^0. */
function powerOfX(field: CrcField, exponent: bigint): bigint {
  let result = 1n << BigInt(field.bits - 1)
  let square = result >> 1n
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = multiply(field, result, square)
    square = multiply(field, square, square)
  }
  return result
}

function multiply(field: CrcField, left: bigint, right: bigint): bigint {
  let product = 0n
  let shifted = right
  for (let bit = 1n << BigInt(field.bits - 1); bit > 0n; bit >>= 1n) {
    if (left & bit) product ^= shifted
    shifted = shifted & 1n ? (shifted >> 1n) ^ field.polynomial : shifted >> 1n
  }
  return product
}
