import { hash, randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CRC_FIELDS, combineCrcs } from '../../src/main/core/crc-combine.ts'
import { newDigest } from '../../src/main/demo/checksums.ts'
import { openSummer, wholeChecksum } from '../../src/main/engine/checksums.ts'
import type { SumAlgorithm } from '../../src/shared/transfer.ts'

/** Of `123456789`: the check values of the CRC catalogue, and what sha256sum and md5sum print. */
const CHECK_VALUES = {
  crc32: 'cbf43926',
  crc32c: 'e3069283',
  crc64nvme: 'ae8b14860a799888',
  sha256: '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225',
  md5: '25f9e794323b453885f5181f1b624d0b',
} as const satisfies Record<SumAlgorithm, string>

/** The demo bucket's, which are another implementation. */
const OTHERS = { crc32: 'CRC32', crc32c: 'CRC32C', crc64nvme: 'CRC64NVME' } as const
const CRCS = Object.keys(OTHERS) as (keyof typeof OTHERS)[]

function otherSum(algorithm: keyof typeof OTHERS, bytes: Uint8Array): string {
  const digest = newDigest(OTHERS[algorithm])
  digest.update(bytes)
  return digest.digest().toString('base64')
}

async function sumOf(algorithm: SumAlgorithm, ...pieces: Uint8Array[]): Promise<string> {
  const summer = await openSummer(algorithm)
  summer.begin()
  for (const piece of pieces) summer.update(piece)
  return summer.end()
}

describe('the checksums of S3', () => {
  it.each(Object.entries(CHECK_VALUES) as [SumAlgorithm, string][])(
    '%s has its published check value',
    async (a, hex) => {
      expect(await sumOf(a, Buffer.from('1234'), Buffer.from(''), Buffer.from('56789'))).toBe(
        Buffer.from(hex, 'hex').toString('base64'),
      )
    },
  )

  it.each(CRCS)('%s agrees with another implementation, and a summer begins anew each time', async (algorithm) => {
    const summer = await openSummer(algorithm)
    for (const size of [0, 1, 7, 4096, 100_003]) {
      const bytes = randomBytes(size)
      summer.begin()
      summer.update(bytes)
      expect(summer.end()).toBe(otherSum(algorithm, bytes))
    }
  })

  it.each(CRCS)('%s of the whole comes from those of the parts, whatever their lengths', async (algorithm) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 6 }), async (pieces) => {
        const parts = pieces.map((piece) => ({ bytes: piece.length, checksum: otherSum(algorithm, piece) }))
        expect(wholeChecksum(algorithm, parts, 1)).toEqual({
          algorithm,
          value: otherSum(algorithm, Buffer.concat(pieces)),
          partBytes: null,
        })
      }),
      { numRuns: 50 },
    )
  })

  it('combines over lengths of more than 32 bits', () => {
    const zeros = (field: (typeof CRC_FIELDS)[keyof typeof CRC_FIELDS], crc: bigint, bytes: number) =>
      combineCrcs(field, [
        { crc, bytes: 1 },
        { crc: 0n, bytes },
      ])
    const half = 3 * 2 ** 32
    for (const field of Object.values(CRC_FIELDS)) {
      const twice = zeros(field, zeros(field, 0x1234n, half), half)
      expect(zeros(field, 0x1234n, 2 * half)).toBe(twice)
      expect(twice).not.toBe(0x1234n)
    }
  })

  it.each(['sha256', 'md5'] as const)('%s of several parts is the digest of their digests', async (algorithm) => {
    const pieces = [randomBytes(100), randomBytes(100), randomBytes(3)]
    const parts = await Promise.all(
      pieces.map(async (piece) => ({ bytes: piece.length, checksum: await sumOf(algorithm, piece) })),
    )
    const digests = Buffer.concat(pieces.map((piece) => Buffer.from(hash(algorithm, piece), 'hex')))
    expect(wholeChecksum(algorithm, parts, 100)).toEqual({
      algorithm,
      value: `${hash(algorithm, digests, 'base64')}-3`,
      partBytes: 100,
    })
  })

  it('has none to tell of an upload without checksums', () => {
    expect(wholeChecksum('none', [{ bytes: 1, checksum: null }], 1)).toBeNull()
  })
})
