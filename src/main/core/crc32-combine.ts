/**
 * The CRC-32 of two byte strings put together, from the CRC of each and the second one's length:
 * appending n zero bytes is a linear map over GF(2), raised to a power by squaring. After
 * Mark Adler's crc32_combine in zlib. S3's full-object checksum of a multipart upload is this.
 */
const POLYNOMIAL = 0xedb88320

/** `second` covers `secondBytes` bytes that follow those of `first`. All checksums are unsigned 32-bit numbers. */
export function combineCrc32(first: number, second: number, secondBytes: number): number {
  let crc = first >>> 0
  let power = shiftByOneByte()
  let bytes = secondBytes
  // Numbers, not bit operations: lengths exceed 32 bits.
  while (bytes > 0) {
    if (bytes % 2 === 1) crc = times(power, crc)
    power = square(power)
    bytes = Math.floor(bytes / 2)
  }
  return (crc ^ second) >>> 0
}

/** The matrix that appends one zero byte: one zero bit, squared three times. */
function shiftByOneByte(): Uint32Array {
  const oneBit = new Uint32Array(32)
  oneBit[0] = POLYNOMIAL
  for (let row = 1; row < 32; row++) oneBit[row] = (1 << (row - 1)) >>> 0
  return square(square(square(oneBit)))
}

function times(matrix: Uint32Array, vector: number): number {
  let sum = 0
  let rest = vector >>> 0
  for (let row = 0; rest !== 0; row++, rest >>>= 1) {
    if (rest & 1) sum ^= matrix[row] ?? 0
  }
  return sum >>> 0
}

function square(matrix: Uint32Array): Uint32Array {
  return matrix.map((vector) => times(matrix, vector))
}
