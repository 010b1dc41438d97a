import { describe, expect, it } from 'vitest'
import type { TransferEvent } from '../../src/main/core/transition.ts'
import { transition } from '../../src/main/core/transition.ts'
import type { TransferError } from '../../src/shared/errors.ts'
import type { TransferState } from '../../src/shared/transfer.ts'

const error: TransferError = { code: 'network-lost', message: 'lost' }

/** Runs a story; answers the last state and all effects in order. */
function run(events: readonly TransferEvent[], start: TransferState = { phase: 'queued' }) {
  let state = start
  const effects: string[] = []
  for (const event of events) {
    const step = transition(state, event)
    state = step.state
    effects.push(...step.effects.map((effect) => effect.kind))
  }
  return { state, effects }
}

const large = { type: 'start', multipart: true } as const
const small = { type: 'start', multipart: false } as const
const prepared = { type: 'prepared', uploadId: 'u' } as const
const completed = { type: 'completed', etag: 'e', versionId: null, checksum: null, verified: 'size' } as const

describe("a transfer's life", () => {
  it('goes straight through', () => {
    expect(run([large, prepared, { type: 'parts-done' }, completed])).toEqual({
      state: { phase: 'completed', etag: 'e', versionId: null, checksum: null, verified: 'size' },
      effects: ['prepare', 'send', 'complete', 'ended'],
    })
    expect(run([small, completed]).effects).toEqual(['send', 'ended'])
  })

  it('keeps an upload id that arrives after a pause, and goes on with it', () => {
    const paused = run([large, { type: 'pause', finishes: false }, prepared])
    expect(paused.state).toEqual({ phase: 'paused', uploadId: 'u' })
    expect(run([{ type: 'resume', inFlight: false }], paused.state).state).toEqual({
      phase: 'uploading',
      uploadId: 'u',
    })
  })

  it('aborts an upload whose id arrives after a cancel', () => {
    const story = run([large, { type: 'cancel' }, prepared])
    expect(story.state).toEqual({ phase: 'cancelled' })
    expect(story.effects).toEqual(['prepare', 'stop-parts', 'ended', 'abort-upload'])
  })

  it('ends a cancel only when the upload is gone', () => {
    const cancelling = run([large, prepared, { type: 'cancel' }])
    expect(cancelling.state.phase).toBe('cancelling')
    expect(run([{ type: 'aborted' }], cancelling.state)).toEqual({
      state: { phase: 'cancelled' },
      effects: ['forget-parts', 'ended'],
    })
  })

  it('says completed when a cancel came too late', () => {
    expect(run([large, prepared, { type: 'parts-done' }, { type: 'cancel' }, completed]).state.phase).toBe('completed')
  })

  it('aborts and forgets the parts of a transfer that fails', () => {
    expect(run([large, prepared, { type: 'failed', error }]).effects.slice(2)).toEqual([
      'stop-parts',
      'abort-upload',
      'forget-parts',
      'ended',
    ])
  })

  it('a small file goes on within the moment of a pause, and begins again after it', () => {
    const paused = run([small, { type: 'pause', finishes: false }]).state
    expect(run([{ type: 'resume', inFlight: true }], paused).state).toEqual({ phase: 'uploading', uploadId: null })
    expect(run([{ type: 'resume', inFlight: false }], paused).state).toEqual({ phase: 'queued' })
  })

  it('starts once more from nothing when the server lost the upload', () => {
    const story = run([large, prepared, { type: 'start-over' }])
    expect(story.state).toEqual({ phase: 'queued' })
    expect(story.effects.slice(2)).toEqual(['stop-parts', 'abort-upload', 'forget-parts', 'enqueue'])
  })

  it('sends parts again that the server does not hold as was thought, in the same upload', () => {
    const story = run([large, prepared, { type: 'parts-done' }, { type: 'parts-again' }])
    expect(story.state).toEqual({ phase: 'uploading', uploadId: 'u' })
    expect(story.effects.at(-1)).toBe('send')
    const cancelled = run([large, prepared, { type: 'parts-done' }, { type: 'cancel' }])
    expect(run([{ type: 'parts-again' }], cancelled.state).state).toEqual(cancelled.state)
  })

  it('waits for a volume with its upload id, and goes on with it', () => {
    const waiting = run([large, prepared, { type: 'source-away', error }])
    expect(waiting.state).toEqual({ phase: 'waiting', uploadId: 'u', reason: 'source', error })
    expect(waiting.effects.at(-1)).toBe('stop-parts')
    expect(run([{ type: 'unblocked' }], waiting.state).state).toEqual({ phase: 'uploading', uploadId: 'u' })
    const paused = run([large, prepared, { type: 'pause', finishes: false }]).state
    expect(run([{ type: 'source-away', error }], paused).state).toEqual(paused)
  })

  it('lets nothing but a person out of an end', () => {
    const ends: TransferState[] = [
      { phase: 'completed', etag: 'e', versionId: null, checksum: null, verified: 'size' },
      { phase: 'failed', error },
      { phase: 'cancelled' },
      { phase: 'skipped', etag: null, reason: 'same' },
    ]
    const events: TransferEvent[] = [
      large,
      { type: 'parts-done' },
      completed,
      { type: 'failed', error },
      { type: 'retry-later', error, attempt: 1, retryAtMs: 1 },
      { type: 'retry-due' },
      { type: 'blocked', error },
      { type: 'unblocked' },
      { type: 'start-over' },
      { type: 'pause', finishes: false },
      { type: 'resume', inFlight: false },
      { type: 'cancel' },
      { type: 'aborted' },
    ]
    for (const state of ends) {
      for (const event of events) expect(transition(state, event)).toEqual({ state, effects: [] })
    }
    for (const state of ends.slice(1)) expect(transition(state, { type: 'again' }).state).toEqual({ phase: 'queued' })
    expect(transition(ends[0] as TransferState, { type: 'again' }).state.phase).toBe('completed')
  })

  it('keeps the upload id through a retry and through a blocked destination', () => {
    const retrying = run([large, prepared, { type: 'retry-later', error, attempt: 2, retryAtMs: 9 }]).state
    expect(retrying).toEqual({ phase: 'retrying', uploadId: 'u', attempt: 2, retryAtMs: 9, error })
    expect(run([{ type: 'retry-due' }], retrying).state).toEqual({ phase: 'uploading', uploadId: 'u' })
    const blocked = run([{ type: 'blocked', error }], retrying).state
    expect(run([{ type: 'unblocked' }], blocked).state).toEqual({ phase: 'uploading', uploadId: 'u' })
  })
})
