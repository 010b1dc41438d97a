import { parentPort, workerData } from 'node:worker_threads'
import type { AddBatch, EngineMethod } from './api.ts'
import type { EngineMessage, EngineRequest, EngineWorkerData } from './client.ts'
import { openKept } from './kept.ts'

/**
 * The engine's thread begins here: the journal is open, and a batch that is asked for is durable, while the rest of
 * the engine is still being loaded (that takes 100 ms, with TLS and signatures). Nothing is imported here that does
 * not serve that.
 */
const port = parentPort
if (port === null) throw new Error('the engine runs in a worker thread')
const { options } = workerData as EngineWorkerData

export const kept = openKept(options.dataDir ?? null, options.journalMaxPages)

/** A request, and how far it was dealt with before the engine was there. */
export interface EngineTask {
  readonly request: EngineRequest
  readonly answered: boolean
  /** Of a batch that is in the journal and has yet to be walked. */
  readonly keptBatchId: number | null
}

/** Answered at once, since their answer says nothing; they take effect in their turn. */
const ANSWERED_EARLY: ReadonlySet<EngineMethod> = new Set([
  'putDestination',
  'setDestinationPace',
  'setLimit',
  'setPaused',
  'setConnections',
])

const waiting: EngineTask[] = []
let serve: ((task: EngineTask) => void) | null = null

/** From now on the engine is asked, first what has been asked already. */
export function serveRequests(handler: (task: EngineTask) => void): void {
  serve = handler
  for (const task of waiting.splice(0)) handler(task)
}

port.on('message', (request: EngineRequest) => {
  if (serve !== null) serve({ request, answered: false, keptBatchId: null })
  else waiting.push(early(request))
})

function early(request: EngineRequest): EngineTask {
  const { method, input } = request
  const late = { request, answered: false, keptBatchId: null }
  if (method === 'opened') {
    answer(request, kept.opened)
    return { ...late, answered: true }
  }
  if (!kept.opened.ok || !kept.journal.keeps) return late
  if (ANSWERED_EARLY.has(method)) {
    if (method === 'putDestination') kept.journal.putDestination(input as never)
    answer(request, null)
    return { ...late, answered: true }
  }
  const batch = input as AddBatch
  if (method !== 'addBatch' || batch.start === 'scan') return late
  try {
    const batchId = kept.journal.keepBatch(batch, Date.now())
    answer(request, { batchId })
    return { request, answered: true, keptBatchId: batchId }
  } catch {
    // The engine is told the same when it asks, and says so.
    return late
  }
}

function answer({ id }: EngineRequest, output: unknown): void {
  const message: EngineMessage = { type: 'answer', id, output }
  port?.postMessage(message)
}

void import('./worker.ts')
