import { crc32 } from 'node:zlib'

/** Base64 of the big-endian CRC-32, as S3 writes it. */
export function crc32Base64(bytes: Uint8Array): string {
  const four = Buffer.alloc(4)
  four.writeUInt32BE(crc32(bytes))
  return four.toString('base64')
}
