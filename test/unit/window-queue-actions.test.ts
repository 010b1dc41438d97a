import { describe, expect, it } from 'vitest'
import { foundBatches } from '../../src/renderer/history-search.ts'
import { objectUrl } from '../../src/renderer/object-url.ts'
import type { EndedBatch } from '../../src/shared/contract.ts'

describe('the URL of an object', () => {
  const aws = { endpoint: null, region: 'eu-central-1', bucket: 'films', pathStyle: false }

  it('is that of the destination, with the bucket where it has it', () => {
    expect(objectUrl(aws, 'a/b.mov')).toBe('https://films.s3.eu-central-1.amazonaws.com/a/b.mov')
    expect(objectUrl({ ...aws, endpoint: 'http://127.0.0.1:9000', pathStyle: true }, 'a')).toBe(
      'http://127.0.0.1:9000/films/a',
    )
    expect(objectUrl({ ...aws, endpoint: 'https://s3.example.org/base/' }, 'a')).toBe(
      'https://films.s3.example.org/base/a',
    )
  })

  it('leads to keys with any characters', () => {
    expect(objectUrl(aws, '100 % über/#1?.txt')).toMatch(/\.com\/100%20%25%20%C3%BCber\/%231%3F\.txt$/)
  })
})

describe('the history', () => {
  const batch = (batchId: number, destinationId: string, names: readonly string[]): EndedBatch => ({
    ...{ batchId, destinationId, names, sources: names.length, createdAtMs: 0, finishedAtMs: 1 },
    ...{ files: 1, bytes: 1, completed: 1, failed: 0 },
  })

  it('is searched by what was dropped and by where it went', () => {
    const batches = [batch(1, 'd1', ['a.mov', 'Harbour']), batch(2, 'd2', ['b.mov'])]
    const name = (id: string) => (id === 'd1' ? 'Archive' : 'Studio NAS')
    const found = (search: string) => foundBatches(batches, search, name).map(({ batchId }) => batchId)
    expect(found('harbour')).toEqual([1])
    expect(found('nas')).toEqual([2])
    expect(found('mov')).toEqual([1, 2])
    expect(found(' ')).toEqual([1, 2])
    expect(found('nothing')).toEqual([])
  })
})
