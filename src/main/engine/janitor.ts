import { SluiceError } from '../../shared/errors.ts'
import { formatBytes } from '../../shared/units.ts'
import { retryDelayMs } from '../core/retry-delay.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import type { KeptUpload } from './journal-rows.ts'
import type { S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'

/** An abort that fails for so many times in a row is told, and goes on behind its transfer. */
const TRIES_BEFORE_TELLING = 5
/** A signature is good for 15 minutes: what was begun later than that after an intent was begun by somebody else. */
const INTENT_MS = 15 * 60_000
/**
 * The request of a process that was killed may still be on its way, or the server busy with it: Ceph on a busy machine
 * has begun an upload after the next process had looked for it.
 */
const INTENT_SETTLES_MS = 3_000
/** Servers tell whole seconds. */
const CLOCK_GRAIN_MS = 2_000
const TRY_AGAIN_MS = 5 * 60_000
/** For one key. */
const MAX_UPLOADS = 1_000

/**
 * Clears away multipart uploads of ours that nobody goes on with, since their parts are stored and billed. Ours is what
 * this journal has: the intent to begin it, or its id. Uploads of other programs are looked at, never touched
 * unless a person names them.
 */
export class Janitor {
  readonly #engine: EngineContext
  readonly #sweeping = new Set<string>()

  constructor(engine: EngineContext) {
    this.#engine = engine
  }

  /** Aborts what earlier runs left at a destination, and tells what that held. Never rejects. */
  async sweep(destinationId: string): Promise<void> {
    const runtime = this.#engine.destinations.get(destinationId)
    if (runtime === undefined || this.#sweeping.has(destinationId)) return
    this.#sweeping.add(destinationId)
    await this.#sweep(runtime)
    this.#sweeping.delete(destinationId)
  }

  async #sweep(runtime: DestinationRuntime): Promise<void> {
    const { journal, emit } = this.#engine
    const left = journal.leftUploads(runtime.id)
    if (left.length === 0) return
    let uploads = 0
    let bytes = 0
    for (const upload of left) {
      try {
        const control = await runtime.control()
        const held =
          upload.uploadId === null
            ? await this.settleIntent(control, upload)
            : await this.#clear(control, upload.key, upload.uploadId)
        journal.intentGone(upload.id)
        if (held === null) continue
        uploads++
        bytes += held
      } catch (thrown) {
        return this.#tellLeft(runtime, upload.key, thrown)
      }
    }
    if (uploads === 0) return
    const what = uploads === 1 ? 'An upload' : `${uploads} uploads`
    const were = uploads === 1 ? 'was' : 'were'
    const message = `${what} left unfinished at ${runtime.context} ${were} removed, with ${formatBytes(bytes)} of parts.`
    emit({ type: 'notice', level: 'info', message })
  }

  /**
   * Whether an upload was begun is not known, since its answer never came: those for exactly this key that were
   * begun from then on, and that nobody here knows, are ours. Answers what they held, or null when there is none.
   */
  async settleIntent(control: S3Control, { key, intendedAtMs }: KeptUpload): Promise<number | null> {
    const { journal } = this.#engine
    const settlesInMs = Math.min(INTENT_SETTLES_MS, intendedAtMs + INTENT_SETTLES_MS - Date.now())
    if (settlesInMs > 0) await new Promise((resolve) => setTimeout(resolve, settlesInMs))
    const { uploads, serverNowMs } = await control.listUploads(key, MAX_UPLOADS)
    const aheadMs = serverNowMs === null ? 0 : serverNowMs - Date.now()
    const fromMs = intendedAtMs + aheadMs - CLOCK_GRAIN_MS
    let held: number | null = null
    for (const upload of uploads) {
      const atMs = upload.initiatedAtMs
      if (upload.key !== key || atMs === null || atMs < fromMs || atMs > fromMs + INTENT_MS) continue
      if (journal.knowsUpload(upload.uploadId)) continue
      held = (held ?? 0) + ((await this.#clear(control, key, upload.uploadId)) ?? 0)
    }
    return held
  }

  /** Retries until the upload is known to be gone. Resolves early, after telling, where the server does not let us. */
  async abort(runtime: DestinationRuntime, transferId: number, key: string, uploadId: string): Promise<void> {
    const { journal } = this.#engine
    for (let attempt = 1; ; attempt++) {
      try {
        await this.abortOnce(await runtime.control(), key, uploadId)
        return journal.uploadGone(transferId, uploadId)
      } catch (thrown) {
        if (attempt === TRIES_BEFORE_TELLING) return this.#tellLeft(runtime, key, thrown)
        await new Promise((resolve) => setTimeout(resolve, retryDelayMs(attempt, Math.random())))
      }
    }
  }

  /** What it held, or null where there was nothing any more. */
  async #clear(control: S3Control, key: string, uploadId: string): Promise<number | null> {
    let held = 0
    try {
      held = sum(await control.listParts(key, uploadId))
    } catch (thrown) {
      if (isGone(thrown)) return null
      if (!isDenied(thrown)) throw thrown
    }
    await this.abortOnce(control, key, uploadId)
    return held
  }

  /**
   * A part that was on its way can arrive after an abort and be kept: only a look says that all is gone.
   * @throws SluiceError where it is not
   */
  async abortOnce(control: S3Control, key: string, uploadId: string): Promise<void> {
    await control.abortUpload(key, uploadId)
    try {
      const parts = await control.listParts(key, uploadId)
      if (parts.length === 0) return
    } catch (thrown) {
      // Without the right to look, the answer to the abort must do.
      if (isGone(thrown) || isDenied(thrown)) return
      throw thrown
    }
    throw new SluiceError({ code: 'answer-invalid', message: 'the server still lists parts of it' })
  }

  #tellLeft(runtime: DestinationRuntime, key: string, thrown: unknown): void {
    const { message } = errorFromThrown(thrown, runtime.context)
    const { keeps } = this.#engine.journal
    const again = keeps ? ' It is tried again every few minutes, and at the next start.' : ''
    // What the journal still has then is what is still left.
    if (keeps) setTimeout(() => void this.sweep(runtime.id), TRY_AGAIN_MS).unref()
    const text = `Parts of ${key} may remain at the server, since the upload could not be aborted: ${message}${again}`
    this.#engine.emit({ type: 'notice', level: 'error', message: text })
  }
}

function sum(parts: readonly { readonly sizeBytes: number }[]): number {
  return parts.reduce((bytes, part) => bytes + part.sizeBytes, 0)
}

function isGone(thrown: unknown): boolean {
  return thrown instanceof SluiceError && thrown.code === 'upload-vanished'
}

function isDenied(thrown: unknown): boolean {
  return thrown instanceof SluiceError && thrown.code === 'access-denied'
}
