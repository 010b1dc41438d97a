import type { World } from './world.ts'

/** One stream's way through a limiter. */
export interface LimitedStream {
  /**
   * Sends `bytes` by one or more calls of `send`, each once the limiter allows it, and resolves after the last.
   * Rejects with the signal's reason when it sees the abort, which some see late.
   */
  write(bytes: number, send: (bytes: number) => Promise<void>, signal: AbortSignal): Promise<void>
  /** The stream has ended or was cancelled. */
  close(): void
}

/** A limiter of bytes that several streams share. */
export interface ByteLimiter {
  open(): LimitedStream
  /** What a program can do to change the rate while streams run; null where there is no way. */
  readonly setRate: ((bytesPerSecond: number) => void) | null
}

export interface ByteSystem<L extends ByteLimiter = ByteLimiter> {
  readonly name: string
  create(world: World, bytesPerSecond: number): L
}

/** A limiter of requests: workers that take entries from a queue and send them. */
export interface RequestSystem {
  readonly name: string
  /** Starts its workers on `queue`; `send` is called once for each request, at the moment it leaves. */
  start(world: World, requestsPerSecond: number, queue: RequestQueue, send: () => Promise<void>): TokenCount
}

/** Workers for each request per second: the tutorial's "waiting threads". */
export const WORKERS_PER_REQUEST = 10

/** Read at any time. */
export interface TokenCount {
  /** Permits that were taken and not given back; one that no request followed is lost. */
  readonly tokensTaken: number
}

/** Entries that wait to be sent. */
export class RequestQueue {
  #entries: number
  readonly #waiters: (() => void)[] = []

  constructor(entries: number) {
    this.#entries = entries
  }

  put(entries: number): void {
    this.#entries += entries
    for (const wake of this.#waiters.splice(0, entries)) wake()
  }

  /** False when it is empty. */
  tryGet(): boolean {
    if (this.#entries === 0) return false
    this.#entries -= 1
    return true
  }

  /** Resolves with an entry taken. */
  async get(): Promise<void> {
    while (!this.tryGet()) {
      await new Promise<void>((resolve) => {
        this.#waiters.push(resolve)
      })
    }
  }
}
