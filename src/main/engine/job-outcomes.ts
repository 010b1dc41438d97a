import type { TransferError } from '../../shared/errors.ts'
import { recoveryOf } from '../../shared/errors.ts'
import { isEnded } from '../../shared/transfer.ts'
import { partRange } from '../core/part-plan.ts'
import { uploadIdOf } from '../core/transition.ts'
import type { EngineContext } from './engine-context.ts'
import type { JobRecord } from './job-record.ts'
import { keepBeside, keepsBoth } from './keep-both.ts'
import { notOurs } from './look-back.ts'
import type { StoredObject } from './object-proof.ts'
import { bestChecksum } from './object-proof.ts'
import type { FailedOutcome, Outcome, PutOutcome } from './sender-protocol.ts'
import type { Transfer, Work } from './transfer-record.ts'
import { mustBeNew, wasSentTwice } from './transfer-record.ts'

/** What the outcomes of jobs mean for their transfers. */

/** The server took a small file or a part. */
export function onPut(engine: EngineContext, record: JobRecord, outcome: PutOutcome): void {
  const { transfer, work, partNumber } = record
  engine.recovery.onSuccess(transfer)
  const small = uploadIdOf(transfer.state) === null
  const { checksum: algorithm } = transfer.options
  const { etag, versionId, crc32, checksum: value, serverChecksum } = outcome
  if (value !== null && serverChecksum !== null && serverChecksum !== value) {
    const message = 'The server computed another checksum than ours for the bytes that it received.'
    // The wrong object under this key is ours: the next try replaces it.
    if (small) transfer.overwrite = true
    const error = { code: 'checksum-mismatch' as const, message }
    return onJobFailed(engine, record, { ...outcome, kind: 'failed', error, status: 200 })
  }
  const { bytes } = partRange(transfer.identity.sizeBytes, work.partBytes, partNumber)
  if (outcome.sentBytes > 0) tellLost(engine, transfer, work, partNumber)
  work.lost.delete(partNumber)
  work.there.delete(partNumber)
  const part = { etag, crc32, bytes, checksum: value }
  // On a connection that the server had closed meanwhile, a try was lost before the one that succeeded.
  tellSentTwice(engine, transfer, Math.max(0, outcome.sentBytes - bytes))
  work.done.set(partNumber, part)
  if (!small) engine.journal.partDone(transfer, partNumber, part)
  engine.queue.confirm(transfer, bytes)
  transfer.attempts = 0
  if (small) {
    engine.apply(transfer, {
      type: 'completed',
      etag,
      versionId,
      checksum: value === null || algorithm === 'none' ? null : { algorithm, value, partBytes: null },
      verified: value !== null && serverChecksum === value ? 'checksum' : 'accepted',
    })
  } else if (work.done.size === work.partCount) {
    engine.apply(transfer, { type: 'parts-done' })
  }
}

/** Bytes that went out in vain go again, or have gone again: this process tells it, and so must the next one. */
export function tellSentTwice(engine: EngineContext, transfer: Transfer, bytes: number): void {
  if (bytes === 0) return
  transfer.resentBytes += bytes
  engine.tally.resentBytes += bytes
  engine.journal.changed(transfer)
}

/** What went out for the part and did not count goes again, or has gone again. */
export function tellLost(engine: EngineContext, transfer: Transfer, work: Work, partNumber: number): void {
  const bytes = work.lost.get(partNumber) ?? 0
  work.lost.delete(partNumber)
  tellSentTwice(engine, transfer, bytes)
}

/** The transfer has given up meanwhile what this was for. */
export function lostLate(engine: EngineContext, transfer: Transfer, outcome: Outcome): void {
  const bytes = outcome.kind === 'compare' ? 0 : outcome.sentBytes
  const goesAgain = transfer.work !== null || transfer.state.phase === 'completed'
  if (goesAgain) return tellSentTwice(engine, transfer, bytes)
  transfer.lostBytes += bytes
  engine.journal.changed(transfer)
}

export function onJobFailed(engine: EngineContext, record: JobRecord, outcome: FailedOutcome): void {
  const { transfer, work, partNumber } = record
  const { error, sentBytes } = outcome
  const comparing = record.compared !== null
  const runtime = engine.destinations.get(transfer.destinationId)
  if (!comparing) {
    work.returned.push(partNumber)
    if (sentBytes > 0) {
      work.lost.set(partNumber, (work.lost.get(partNumber) ?? 0) + sentBytes)
      work.there.delete(partNumber)
    }
    if (transfer.state.phase === 'uploading') engine.dispatcher.offer(transfer)
  }
  const outdated = runtime !== undefined && record.generation < runtime.generation && recoveryOf(error.code) === 'ask'
  if (error.code === 'interrupted' || (outdated && !comparing)) {
    if (runtime !== undefined) engine.recovery.unprobe(runtime)
    if (comparing) takeItsTurnAgain(engine, transfer)
    return
  }
  if (error.code === 'exists' && !comparing) {
    // Whatever is there, these bytes did not count: they are told should they go again, under this name or another.
    engine.dispatcher.withdraw(transfer)
    return engine.calls.lookAtKey(transfer, wasSentTwice(transfer))
  }
  const refusesCondition = outcome.status === 501 && error.code !== 'tags-refused'
  if (refusesCondition && mustBeNew(transfer) && runtime?.conditionalWrites) {
    runtime.conditionalWrites = false
    engine.dispatcher.withdraw(transfer)
    return engine.calls.lookAtKey(transfer, false)
  }
  if (error.code === 'source-changed' && (work.replaced || isUntouched(engine, record, sentBytes))) {
    // It changed while it waited for its turn: what it is now is what the person wants, once.
    engine.dispatcher.withdraw(transfer)
    if (!work.replaced) void engine.calls.beginAgain(transfer, { type: 'start-over' })
    work.replaced = true
    return
  }
  engine.recovery.onFailure(transfer, error)
}

/** Not a byte of it has gone out yet. */
function isUntouched(engine: EngineContext, { transfer, work, compared }: JobRecord, sentBytes: number): boolean {
  if (
    compared !== null ||
    sentBytes > 0 ||
    transfer.restarts > 0 ||
    transfer.resentBytes > 0 ||
    work.done.size + work.lost.size > 0
  )
    return false
  return (engine.dispatcher.inFlightBytes().get(transfer) ?? 0) === 0
}

/**
 * The key holds an object already: what the rule says about it.
 * `mayBeOurs`: an earlier try, whose answer was lost, may have put it there; then only its content counts.
 */
export function judgeExisting(
  engine: EngineContext,
  transfer: Transfer,
  stored: StoredObject,
  mayBeOurs: boolean,
): void {
  const { onExists } = transfer.options
  if (isEnded(transfer.state.phase) || transfer.work === null) return
  const keeps = keepsBoth(transfer)
  if (!mayBeOurs && onExists === 'skip' && !keeps) {
    return engine.apply(transfer, { type: 'skipped', etag: stored.etag, reason: 'exists' })
  }
  if (!mayBeOurs && onExists === 'fail' && !keeps) {
    const error = { code: 'exists' as const, message: `An object with this key exists already: ${transfer.key}` }
    return engine.apply(transfer, { type: 'failed', error })
  }
  if (stored.sizeBytes !== transfer.identity.sizeBytes) {
    if (keeps) return keepBeside(engine, transfer)
    return engine.apply(transfer, { type: 'failed', error: EXISTS_DIFFERENT })
  }
  engine.dispatcher.compare(transfer, transfer.work, { stored, mayBeOurs })
}

export function onCompared(engine: EngineContext, { transfer, work, compared }: JobRecord, same: boolean): void {
  if (!same && compared?.earlierRun) return notOurs(engine, transfer, work, compared.stored)
  if (!same && keepsBoth(transfer)) return keepBeside(engine, transfer)
  if (!same || compared === null) return engine.apply(transfer, { type: 'failed', error: EXISTS_DIFFERENT })
  const { stored, mayBeOurs } = compared
  const checksum = bestChecksum(stored, work.partBytes)
  if (!mayBeOurs) return engine.apply(transfer, { type: 'skipped', etag: stored.etag, reason: 'same' })
  engine.queue.confirm(transfer, transfer.identity.sizeBytes - transfer.confirmedBytes)
  engine.apply(transfer, {
    type: 'completed',
    etag: stored.etag,
    versionId: stored.versionId,
    checksum,
    verified: checksum === null ? 'size' : 'checksum',
  })
}

export const EXISTS_DIFFERENT: TransferError = {
  code: 'exists-different',
  message:
    'Another object has this key already, and it differs from the file: overwrite it, keep both, or choose another prefix.',
}

/** What it was about to do was not begun, or was stopped. */
export function takeItsTurnAgain(engine: EngineContext, transfer: Transfer): void {
  if (transfer.state.phase !== 'uploading' && transfer.state.phase !== 'preparing') return
  engine.queue.setState(transfer, { phase: 'queued' })
  engine.queue.enqueue(transfer)
}
