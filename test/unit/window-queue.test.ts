import { describe, expect, it } from 'vitest'
import { pathsFromText } from '../../src/renderer/pasted-paths.ts'
import type { QueueWindow } from '../../src/renderer/patches.ts'
import { applyPatch, judge } from '../../src/renderer/patches.ts'
import { countOf, phasesPresent } from '../../src/renderer/phases.ts'
import type { Patch, QueueSummary, TransferRow } from '../../src/shared/contract.ts'
import { FILTERS } from '../../src/shared/queue-filter.ts'
import { PHASES } from '../../src/shared/transfer.ts'
import { emptySummary } from '../support/queue-summary.ts'

const row = (id: number, confirmedBytes = 0): TransferRow => ({
  id,
  batchId: 1,
  name: `${id}`,
  key: `${id}`,
  path: `/${id}`,
  destinationId: 'demo',
  phase: 'uploading',
  sizeBytes: 10,
  progressBytes: confirmedBytes,
  confirmedBytes,
  resentBytes: 0,
  bytesPerSecond: 0,
  etaMs: null,
  limitBytesPerSecond: null,
  exempt: false,
  limitedBy: 'nothing',
  attempt: 1,
  retryAtMs: null,
  error: null,
  verified: null,
})
const summary: QueueSummary = {
  ...emptySummary,
  counts: Object.fromEntries(PHASES.map((phase) => [phase, 1])) as QueueSummary['counts'],
}
const patch = (revision: number, rows: readonly TransferRow[]): Patch => ({
  revision,
  summary,
  firstIndex: 0,
  matching: rows.length,
  lines: rows.length,
  headers: [],
  rows,
  samples: [],
})
const empty: QueueWindow = { revision: 0, firstIndex: 0, matching: 0, lineCount: 0, lines: [], headers: [] }

describe('patches', () => {
  it('follow one another; an older one is stale and a missing one is a gap', () => {
    expect(judge(4, patch(5, []))).toBe('next')
    expect(judge(4, patch(4, []))).toBe('stale')
    expect(judge(4, patch(6, []))).toBe('gap')
  })

  it('keep the identity of rows that did not change, so that these are not drawn again', () => {
    const before = applyPatch(empty, patch(1, [row(1), row(2)]))
    const after = applyPatch(before, patch(2, [row(1, 5), row(2)]))
    expect(after.lines[0]).not.toBe(before.lines[0])
    expect(after.lines[1]).toBe(before.lines[1])
    expect(applyPatch(after, patch(3, [row(1, 5), row(2)])).lines).toBe(after.lines)
  })

  it('see a changed reason as a change', () => {
    const failed = (message: string): TransferRow => ({
      ...row(1),
      phase: 'failed',
      error: { code: 'internal', message },
    })
    const before = applyPatch(empty, patch(1, [failed('one')]))
    expect(applyPatch(before, patch(2, [failed('two')])).lines[0]).toMatchObject({ error: { message: 'two' } })
    expect(applyPatch(before, patch(2, [failed('one')])).lines[0]).toBe(before.lines[0])
  })
})

describe('filters', () => {
  it('show each phase under exactly one chip besides All', () => {
    const chips = FILTERS.filter((filter) => filter !== 'all')
    const shown = chips.flatMap((filter) => phasesPresent(summary, filter))
    expect([...shown].sort()).toEqual([...PHASES].sort())
    expect(countOf(summary, 'all')).toBe(PHASES.length)
  })
})

describe('pasted text', () => {
  it('is absolute paths and file URLs, one on each line; anything else is left out', () => {
    expect(pathsFromText('/a b/c\n"/quoted"\r\n# comment\n\nrelative/path\nhttps://example.org/x')).toEqual([
      '/a b/c',
      '/quoted',
    ])
    expect(pathsFromText('file:///home/a%20b/%23c')).toEqual(['/home/a b/#c'])
    expect(pathsFromText('C:\\films\\a.mov\nfile:///C:/films/b.mov')).toEqual(['C:\\films\\a.mov', 'C:\\films\\b.mov'])
    expect(pathsFromText('\\\\nas\\share\nfile://nas/share/x')).toEqual(['\\\\nas\\share', '\\\\nas\\share\\x'])
  })
})
