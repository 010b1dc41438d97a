import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { ErrorCode } from '../../shared/errors.ts'
import { SluiceError } from '../../shared/errors.ts'
import { redact } from '../../shared/redact.ts'
import type { EngineEvent, EngineMethod, EngineMethods, EngineOptions, WorkerPaths } from './api.ts'
import { ended } from './thread-end.ts'

/** Main thread → engine worker. */
export interface EngineRequest<M extends EngineMethod = EngineMethod> {
  readonly id: number
  readonly method: M
  readonly input: EngineMethods[M]['input']
}

/** Engine worker → main thread. */
export type EngineMessage =
  | { readonly type: 'answer'; readonly id: number; readonly output: unknown }
  /** `code`: the message is for people. null: a bug. */
  | { readonly type: 'refusal'; readonly id: number; readonly message: string; readonly code: ErrorCode | null }
  | { readonly type: 'events'; readonly events: readonly EngineEvent[] }

export interface EngineWorkerData {
  readonly options: EngineOptions
  readonly senderPath: string
}

/**
 * What holds until it is asked otherwise: asked again of an engine that was started anew. Quotas are not among them,
 * since their counts go on from a file; nor is what the journal keeps.
 */
const STANDING: ReadonlySet<EngineMethod> = new Set([
  'putDestination',
  'setDestinationPace',
  'setLimit',
  'setPaused',
  'setConnections',
  'subscribe',
])

/** The engine's thread has ended, or ended before it had answered. The message is a sentence for people. */
export class EngineGone extends Error {
  override readonly name = 'EngineGone'
}

function refusalOf({ code, message }: Extract<EngineMessage, { type: 'refusal' }>): Error {
  return code === null ? new Error(message) : new SluiceError({ code, message })
}

/** An engine that ends again and again is not started for ever. */
const MAX_RESTARTS = 3
const RESTART_WINDOW_MS = 60_000

/** The main thread's handle on the engine worker. Everything it can be asked is in `EngineMethods`. */
export class EngineClient {
  readonly #start: () => Worker
  readonly #restarts: boolean
  readonly #restartedAtMs: number[] = []
  readonly #standing = new Map<string, { readonly method: EngineMethod; readonly input: unknown }>()
  #worker: Worker
  readonly #waiting = new Map<number, { resolve: (output: never) => void; reject: (reason: Error) => void }>()
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  #nextId = 1
  #closed = false

  /** @param restarts an engine that dies is started again and restores its journal, told as `restarted` */
  constructor(paths: WorkerPaths, options: EngineOptions, { restarts = false } = {}) {
    const workerData: EngineWorkerData = {
      options,
      senderPath: paths.sender instanceof URL ? fileURLToPath(paths.sender) : paths.sender,
    }
    this.#restarts = restarts && (options.dataDir ?? null) !== null
    this.#start = () => {
      const worker = new Worker(paths.engine, {
        workerData,
        name: 'engine',
        // V8 takes up to 48 MiB for what is new, and gives little of it back: 40 000 files took 458 MiB, and 322 with this, in the same time.
        resourceLimits: { maxYoungGenerationSizeMb: 6 },
      })
      let reason = 'the engine stopped'
      worker.on('message', (message: EngineMessage) => this.#receive(message))
      worker.on('error', (error) => {
        // It becomes a part of sentences.
        reason = redact(`the engine stopped: ${error.message.replace(/\.$/, '')}`)
      })
      // Not before: until then it has the data folder.
      worker.on('exit', () => this.#ended(reason))
      return worker
    }
    this.#worker = this.#start()
  }

  /** Rejects for a bug, after `close`, and with a SluiceError where nothing can be kept; else failures are in the outputs. */
  call<M extends EngineMethod>(method: M, input: EngineMethods[M]['input']): Promise<EngineMethods[M]['output']> {
    if (this.#closed) return Promise.reject(new EngineGone('Uploads have ended: start Sluice again.'))
    const id = this.#nextId++
    const request: EngineRequest<M> = { id, method, input }
    if (this.#restarts) this.#remember(method, input)
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage(request)
    })
  }

  /** Returns a function that stops listening. */
  onEvent(listener: (event: EngineEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Ends the threads, the senders first. Ask `stop` before to leave nothing open at the server. */
  async close(): Promise<void> {
    // Its own end is the answer to it, so nothing else ever comes.
    if (!this.#closed) this.call('end', null).catch(() => null)
    this.#closed = true
    await ended(this.#worker)
  }

  #receive(message: EngineMessage): void {
    if (message.type === 'events') {
      for (const event of message.events) this.#tell(event)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.type === 'answer') waiting?.resolve(message.output as never)
    else waiting?.reject(refusalOf(message))
  }

  #remember(method: EngineMethod, input: unknown): void {
    const id = typeof input === 'object' && input !== null && 'id' in input ? String(input.id) : ''
    if (method === 'removeDestination') {
      this.#standing.delete(`putDestination ${id}`)
      this.#standing.delete(`setDestinationPace ${id}`)
    } else if (STANDING.has(method)) this.#standing.set(`${method} ${id}`, { method, input })
  }

  #ended(message: string): void {
    const gone = new EngineGone(`This was not done, since ${message}.`)
    for (const { reject } of this.#waiting.values()) reject(gone)
    this.#waiting.clear()
    if (this.#closed) return
    const now = Date.now()
    const lately = this.#restartedAtMs.filter((atMs) => now - atMs < RESTART_WINDOW_MS)
    if (this.#restarts && lately.length < MAX_RESTARTS) {
      this.#restartedAtMs.push(now)
      return void this.#restart(message)
    }
    this.#closed = true
    this.#tell({ type: 'dead', message })
  }

  async #restart(reason: string): Promise<void> {
    this.#tell({ type: 'restarting', reason })
    const worker = this.#start()
    this.#worker = worker
    try {
      await Promise.all([
        this.call('restore', null),
        ...[...this.#standing.values()].map(({ method, input }) => this.call(method, input as never)),
      ])
      this.#tell({ type: 'restarted', reason })
    } catch (thrown) {
      // Where it has ended again, that is dealt with where it is told.
      if (this.#worker !== worker || this.#closed || thrown instanceof EngineGone) return
      await this.close()
      this.#tell({ type: 'dead', message: thrown instanceof Error ? thrown.message : String(thrown) })
    }
  }

  #tell(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
