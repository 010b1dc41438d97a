import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { redact } from '../../shared/redact.ts'
import type { EngineEvent, EngineMethod, EngineMethods, EngineOptions, WorkerPaths } from './api.ts'

/** Main thread → engine worker. */
export interface EngineRequest<M extends EngineMethod = EngineMethod> {
  readonly id: number
  readonly method: M
  readonly input: EngineMethods[M]['input']
}

/** Engine worker → main thread. */
export type EngineMessage =
  | { readonly type: 'answer'; readonly id: number; readonly output: unknown }
  | { readonly type: 'refusal'; readonly id: number; readonly message: string }
  | { readonly type: 'events'; readonly events: readonly EngineEvent[] }

export interface EngineWorkerData {
  readonly options: EngineOptions
  readonly senderPath: string
}

/** Threads that do not end within this time are ended all the same. */
const END_MS = 2_000

/** The main thread's handle on the engine worker. Everything it can be asked is in `EngineMethods`. */
export class EngineClient {
  readonly #worker: Worker
  readonly #waiting = new Map<number, { resolve: (output: never) => void; reject: (reason: Error) => void }>()
  readonly #listeners = new Set<(event: EngineEvent) => void>()
  #nextId = 1
  #closed = false

  constructor(paths: WorkerPaths, options: EngineOptions) {
    const workerData: EngineWorkerData = {
      options,
      senderPath: paths.sender instanceof URL ? fileURLToPath(paths.sender) : paths.sender,
    }
    this.#worker = new Worker(paths.engine, { workerData, name: 'engine' })
    this.#worker.on('message', (message: EngineMessage) => this.#receive(message))
    this.#worker.on('error', (error) => this.#die(redact(`the engine stopped: ${error.message}`)))
    this.#worker.on('exit', () => this.#die('the engine stopped'))
  }

  /** Throws (rejects) only for a bug or after `close`; expected failures are in the outputs and events. */
  call<M extends EngineMethod>(method: M, input: EngineMethods[M]['input']): Promise<EngineMethods[M]['output']> {
    if (this.#closed) return Promise.reject(new Error('the engine is closed'))
    const id = this.#nextId++
    const request: EngineRequest<M> = { id, method, input }
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
    if (!this.#closed) {
      const ended = this.call('endSenders', null).catch(() => null)
      await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, END_MS).unref())])
    }
    this.#closed = true
    await this.#worker.terminate()
  }

  #receive(message: EngineMessage): void {
    if (message.type === 'events') {
      for (const event of message.events) this.#tell(event)
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.type === 'answer') waiting?.resolve(message.output as never)
    else waiting?.reject(new Error(message.message))
  }

  #die(message: string): void {
    for (const { reject } of this.#waiting.values()) reject(new Error(message))
    this.#waiting.clear()
    if (this.#closed) return
    this.#closed = true
    this.#tell({ type: 'dead', message })
  }

  #tell(event: EngineEvent): void {
    for (const listener of this.#listeners) listener(event)
  }
}
