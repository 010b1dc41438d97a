import { hash, randomBytes } from 'node:crypto'
import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { PartReader } from '../../src/main/engine/stream-parts.ts'
import { pieces } from '../support/stream-scene.ts'

describe('cutting a source into parts', () => {
  const read = async (source: AsyncIterable<Uint8Array>, partBytes: number) => {
    const reader = new PartReader(source, 'sha256', new AbortController().signal)
    const parts: { bytes: Buffer; last: boolean; crc32: number; checksum: string | null }[] = []
    for (let last = false; !last; ) {
      const part = await reader.read(partBytes)
      const blocks: Uint8Array[] = []
      for await (const block of part) blocks.push(block)
      parts.push({ bytes: Buffer.concat(blocks), last: part.last, crc32: part.crc32, checksum: part.checksum })
      last = part.last
    }
    return parts
  }

  it.each([
    [10, 4, [4, 4, 2]],
    [8, 4, [4, 4]],
    [0, 4, [0]],
    [1_500_000, 1_000_000, [1_000_000, 500_000]],
  ])('%i bytes into parts of %i', async (length, partBytes, expected) => {
    const bytes = randomBytes(length)
    const parts = await read(pieces(bytes, [3, 1, 700_001]), partBytes)
    expect(parts.map((part) => part.bytes.length)).toEqual(expected)
    expect(parts.map((part) => part.last)).toEqual(expected.map((_, at) => at === expected.length - 1))
    expect(Buffer.concat(parts.map((part) => part.bytes)).equals(bytes)).toBe(true)
    for (const part of parts) {
      expect(part).toMatchObject({ crc32: crc32(part.bytes), checksum: hash('sha256', part.bytes, 'base64') })
    }
  })
})
