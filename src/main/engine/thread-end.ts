import { setTimeout as sleep } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'

/** A thread that was asked to end and has not by then is ended from outside. */
const END_MS = 2_000

/**
 * Resolves when the thread is gone. It should have been told to end itself: `terminate` stops it in the middle of
 * whatever it does, and Node 24 has crashed over that.
 */
export async function ended(worker: Worker): Promise<void> {
  // -1: it is gone already.
  if (worker.threadId === -1) return
  const patience = new AbortController()
  const gone = new Promise<true>((resolve) => worker.once('exit', () => resolve(true)))
  const isGone = await Promise.race([gone, sleep(END_MS, false, { signal: patience.signal }).catch(() => false)])
  patience.abort()
  if (!isGone) await worker.terminate()
}
