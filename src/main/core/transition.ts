import type { TransferError } from '../../shared/errors.ts'
import type { Checksum, SkipReason, TransferState, Verified } from '../../shared/transfer.ts'
import { assertNever } from '../../shared/transfer.ts'

/**
 * A transfer's life as a pure function: a state and an event give the next state and what is to
 * be done about it, as data. Events may arrive late (a part that ends after a pause, an upload id
 * that comes after a cancel); an event that means nothing in a state changes nothing.
 */
export type TransferEvent =
  /** Its turn has come: a small file goes at once, a large one needs an upload id first. */
  | { readonly type: 'start'; readonly multipart: boolean }
  | { readonly type: 'prepared'; readonly uploadId: string }
  | { readonly type: 'parts-done' }
  /** The server holds some of the parts otherwise than was thought: they go again. */
  | { readonly type: 'parts-again' }
  | {
      readonly type: 'completed'
      readonly etag: string
      readonly versionId: string | null
      readonly checksum: Checksum | null
      readonly verified: Verified
    }
  | { readonly type: 'skipped'; readonly etag: string | null; readonly reason: SkipReason }
  | { readonly type: 'failed'; readonly error: TransferError }
  | {
      readonly type: 'retry-later'
      readonly error: TransferError
      readonly attempt: number
      readonly retryAtMs: number
    }
  | { readonly type: 'retry-due' }
  | { readonly type: 'blocked'; readonly error: TransferError }
  /** The volume that holds the file is gone. */
  | { readonly type: 'source-away'; readonly error: TransferError }
  /** The destination is mended, or the volume is back. */
  | { readonly type: 'unblocked' }
  /** The server no longer knows the upload, or the file is another than was queued: from the first byte. */
  | { readonly type: 'start-over' }
  /** `finishes`: requests in flight may end, nothing new is begun. */
  | { readonly type: 'pause'; readonly finishes: boolean }
  /** `inFlight`: its request is still held open, so a small file need not begin again. */
  | { readonly type: 'resume'; readonly inFlight: boolean }
  | { readonly type: 'cancel' }
  | { readonly type: 'aborted' }
  /** A person asks for a failed or cancelled transfer again. */
  | { readonly type: 'again' }

export type TransferEffect =
  /** Ask the server for an upload id. */
  | { readonly kind: 'prepare' }
  /** Parts may be handed to senders from now on. */
  | { readonly kind: 'send' }
  /** Writing stops at once; requests are given up after a moment, in case the person changes their mind. */
  | { readonly kind: 'hold' }
  | { readonly kind: 'unhold' }
  /** No part is handed out any more; requests in flight end in their own time. */
  | { readonly kind: 'let-finish' }
  /** Requests in flight end now. */
  | { readonly kind: 'stop-parts' }
  | { readonly kind: 'complete'; readonly uploadId: string }
  | { readonly kind: 'abort-upload'; readonly uploadId: string }
  /** What was confirmed counts no more. */
  | { readonly kind: 'forget-parts' }
  /** Back to the end of the queue. */
  | { readonly kind: 'enqueue' }
  /** Tell everybody how it ended. */
  | { readonly kind: 'ended' }

export interface Step {
  readonly state: TransferState
  readonly effects: readonly TransferEffect[]
}

const step = (state: TransferState, ...effects: TransferEffect[]): Step => ({ state, effects })

/** The upload id that a state holds, or null. */
export function uploadIdOf(state: TransferState): string | null {
  return 'uploadId' in state ? state.uploadId : null
}

/** See `TransferEvent`. The answer's `state` is the same object where nothing changes. */
export function transition(state: TransferState, event: TransferEvent): Step {
  switch (event.type) {
    case 'start':
      if (state.phase !== 'queued') return step(state)
      return event.multipart
        ? step({ phase: 'preparing' }, { kind: 'prepare' })
        : step({ phase: 'uploading', uploadId: null }, { kind: 'send' })

    case 'prepared':
      return onPrepared(state, event.uploadId)

    case 'parts-done':
      if (state.phase !== 'uploading' || state.uploadId === null) return step(state)
      return step({ phase: 'completing', uploadId: state.uploadId }, { kind: 'complete', uploadId: state.uploadId })

    case 'parts-again':
      if (state.phase !== 'completing') return step(state)
      return step({ phase: 'uploading', uploadId: state.uploadId }, { kind: 'send' })

    case 'completed':
      // A cancel that came too late: the object is there, so say so.
      if (isSettled(state)) return step(state)
      return step(
        {
          phase: 'completed',
          etag: event.etag,
          versionId: event.versionId,
          checksum: event.checksum,
          verified: event.verified,
        },
        { kind: 'ended' },
      )

    case 'skipped':
      if (isSettled(state) || state.phase === 'cancelling') return step(state)
      return step({ phase: 'skipped', etag: event.etag, reason: event.reason }, { kind: 'ended' })

    case 'failed': {
      if (isSettled(state) || state.phase === 'cancelling') return step(state)
      return step({ phase: 'failed', error: event.error }, { kind: 'stop-parts' }, ...dropUpload(state), {
        kind: 'ended',
      })
    }

    case 'retry-later': {
      const waits = state.phase === 'preparing' || state.phase === 'uploading' || state.phase === 'completing'
      if (!waits && state.phase !== 'retrying') return step(state)
      const { error, attempt, retryAtMs } = event
      return step({ phase: 'retrying', uploadId: uploadIdOf(state), attempt, retryAtMs, error })
    }

    case 'retry-due':
      return state.phase === 'retrying' ? goOn(state.uploadId) : step(state)

    case 'blocked':
      if (isSettled(state) || state.phase === 'cancelling' || state.phase === 'paused') return step(state)
      return step(
        { phase: 'waiting', uploadId: uploadIdOf(state), reason: 'destination', error: event.error },
        { kind: 'stop-parts' },
      )

    case 'source-away':
      if (isSettled(state) || state.phase === 'cancelling' || state.phase === 'paused') return step(state)
      return step(
        { phase: 'waiting', uploadId: uploadIdOf(state), reason: 'source', error: event.error },
        { kind: 'stop-parts' },
      )

    case 'unblocked':
      return state.phase === 'waiting' ? goOn(state.uploadId) : step(state)

    case 'start-over':
      if (isSettled(state) || state.phase === 'cancelling') return step(state)
      // Aborted all the same: the server may only have lost a part, and what it kept would be billed.
      if (state.phase === 'paused') return step({ phase: 'paused', uploadId: null }, ...dropUpload(state))
      return step({ phase: 'queued' }, { kind: 'stop-parts' }, ...dropUpload(state), { kind: 'enqueue' })

    case 'pause':
      if (isSettled(state) || state.phase === 'cancelling' || state.phase === 'completing') return step(state)
      // "Now" after all, while parts were still to be finished.
      if (state.phase === 'paused') return event.finishes ? step(state) : step(state, { kind: 'hold' })
      return step({ phase: 'paused', uploadId: uploadIdOf(state) }, { kind: event.finishes ? 'let-finish' : 'hold' })

    case 'resume': {
      if (state.phase !== 'paused') return step(state)
      if (event.inFlight)
        return step({ phase: 'uploading', uploadId: state.uploadId }, { kind: 'unhold' }, { kind: 'send' })
      const next = goOn(state.uploadId)
      return step(next.state, { kind: 'unhold' }, ...next.effects)
    }

    case 'cancel': {
      if (isSettled(state) || state.phase === 'cancelling') return step(state)
      const uploadId = uploadIdOf(state)
      if (uploadId === null) return step({ phase: 'cancelled' }, { kind: 'stop-parts' }, { kind: 'ended' })
      return step({ phase: 'cancelling', uploadId }, { kind: 'stop-parts' }, { kind: 'abort-upload', uploadId })
    }

    case 'aborted':
      if (state.phase !== 'cancelling') return step(state)
      return step({ phase: 'cancelled' }, { kind: 'forget-parts' }, { kind: 'ended' })

    case 'again':
      if (state.phase !== 'failed' && state.phase !== 'cancelled' && state.phase !== 'skipped') return step(state)
      return step({ phase: 'queued' }, { kind: 'forget-parts' }, { kind: 'enqueue' })

    default:
      return assertNever(event)
  }
}

function onPrepared(state: TransferState, uploadId: string): Step {
  switch (state.phase) {
    case 'preparing':
      return step({ phase: 'uploading', uploadId }, { kind: 'send' })
    // Paused, or its destination was blocked, while the answer was on its way: keep the id for later.
    case 'paused':
    case 'waiting':
    case 'retrying':
      return state.uploadId === null ? step({ ...state, uploadId }) : step(state, { kind: 'abort-upload', uploadId })
    // Nobody waits for this id any more; left alone it would be stored and billed.
    case 'queued':
    case 'uploading':
    case 'completing':
    case 'completed':
    case 'failed':
    case 'cancelling':
    case 'cancelled':
    case 'skipped':
      return step(state, { kind: 'abort-upload', uploadId })
    default:
      return assertNever(state)
  }
}

/** From a rest back to work: with an upload id the parts go on, without one it takes its turn again. */
function goOn(uploadId: string | null): Step {
  return uploadId === null
    ? step({ phase: 'queued' }, { kind: 'enqueue' })
    : step({ phase: 'uploading', uploadId }, { kind: 'send' })
}

function dropUpload(state: TransferState): TransferEffect[] {
  const uploadId = uploadIdOf(state)
  return [...(uploadId === null ? [] : [{ kind: 'abort-upload' as const, uploadId }]), { kind: 'forget-parts' }]
}

function isSettled(state: TransferState): boolean {
  return (
    state.phase === 'completed' || state.phase === 'failed' || state.phase === 'cancelled' || state.phase === 'skipped'
  )
}
