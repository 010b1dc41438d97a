import { randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { expect, it } from 'vitest'
import { combineCrc32 } from '../../src/main/core/crc32-combine.ts'

it('gives the CRC-32 of the whole from the CRCs of the pieces, whatever their lengths', () => {
  const bytes = randomBytes(100_003)
  for (const cut of [0, 1, 7, 8, 4096, 65_537, bytes.length]) {
    const first = bytes.subarray(0, cut)
    const second = bytes.subarray(cut)
    expect(combineCrc32(crc32(first), crc32(second), second.length)).toBe(crc32(bytes))
  }
})
