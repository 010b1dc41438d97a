import { expect, it } from 'vitest'
import type { ListedPart, RememberedPart } from '../../src/main/core/part-check.ts'
import { unlikeParts } from '../../src/main/core/part-check.ts'

const OURS: RememberedPart = { etag: '"e"', bytes: 5, checksum: 'sum' }
const THEIRS: ListedPart = { partNumber: 1, etag: '"e"', sizeBytes: 5, checksums: { crc32: 'sum' } }

const ask = (listed: ListedPart[], ours: RememberedPart = OURS) => unlikeParts('crc32', new Map([[1, ours]]), listed)

it('trusts a part that the server holds as we remember it', () => {
  expect(ask([THEIRS])).toEqual([])
  expect(ask([{ ...THEIRS, etag: 'e' }])).toEqual([])
})

it('trusts it where either side knows no checksum, or only another algorithm', () => {
  expect(ask([{ ...THEIRS, checksums: {} }])).toEqual([])
  expect(ask([{ ...THEIRS, checksums: { sha256: 'x' } }])).toEqual([])
  expect(ask([THEIRS], { ...OURS, checksum: null })).toEqual([])
})

it.each([
  ['is not there', []],
  ['has another number', [{ ...THEIRS, partNumber: 2 }]],
  ['has another size', [{ ...THEIRS, sizeBytes: 4 }]],
  ['has another ETag', [{ ...THEIRS, etag: '"f"' }]],
  ['has another checksum', [{ ...THEIRS, checksums: { crc32: 'other' } }]],
])('does not trust a part that %s', (_, listed: ListedPart[]) => {
  expect(ask(listed)).toEqual([1])
})
