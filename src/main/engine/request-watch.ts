import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import type { ProgressWatch } from '../core/progress-watch.ts'
import { answerPatienceMs, look, MAX_ANSWER_MS, PATIENCE_MS, PROGRESS_AT_START } from '../core/progress-watch.ts'

/** A connection that does not stand after this long will not: within the 10 s that a mistyped endpoint may take. */
const CONNECT_MS = 8_000
/** One timer a thread looks at all its requests: a timer a write would cost more than the write's own share. */
const TICK_MS = 1_000
/** A thread that slept (SIGSTOP, a closed lid) has not waited for its peers. */
const MAX_TICK_MS = 2 * TICK_MS

const watches = new Set<RequestWatch>()
let timer: NodeJS.Timeout | null = null
let tickedAt = 0

function tick(): void {
  const now = performance.now()
  const elapsedMs = Math.min(MAX_TICK_MS, now - tickedAt)
  tickedAt = now
  for (const watch of watches) watch.tick(elapsedMs)
  if (watches.size > 0 || timer === null) return
  clearInterval(timer)
  timer = null
}

/** What we do with the connection, once it stands; `held`: we have nothing to hand over at the moment. */
type Phase = 'held' | 'writing' | 'awaiting' | 'receiving'

/**
 * Watches one request from its connection to the end of its answer, and calls `onStuck` once when its peer gets
 * nowhere. See `core/progress-watch.ts` for what that means.
 */
export class RequestWatch {
  readonly #request: ClientRequest
  readonly #onStuck: (why: string) => void
  readonly #least: () => number
  #connected = false
  #onConnected: () => void = () => {}
  #phase: Phase = 'held'
  #waitedMs = 0
  #bodyWaitedMs = 0
  #progress: ProgressWatch = PROGRESS_AT_START
  #handedBytes = 0
  #movedBytes = 0

  /**
   * @param leastBytesPerSecond what the peer must take on average while we wait for it
   * @param onStuck is told what the peer did not do, for details
   */
  constructor(
    request: ClientRequest,
    secure: boolean,
    leastBytesPerSecond: () => number,
    onStuck: (why: string) => void,
  ) {
    this.#request = request
    this.#least = leastBytesPerSecond
    this.#onStuck = onStuck
    request.once('socket', (socket) => {
      const stands = () => {
        this.#connected = true
        this.#waitedMs = 0
        this.#onConnected()
      }
      if (!socket.connecting) return stands()
      socket.once(secure ? 'secureConnect' : 'connect', stands)
    })
    request.once('close', () => watches.delete(this))
    watches.add(this)
    if (timer !== null) return
    tickedAt = performance.now()
    timer = setInterval(tick, TICK_MS)
  }

  /** Calls `then` once the connection stands: at once where it does. */
  whenConnected(then: () => void): void {
    if (this.#connected) then()
    else this.#onConnected = then
  }

  /** Bytes are being handed over. */
  writing(bytes: number): void {
    this.#handedBytes += bytes
    this.#phase = 'writing'
  }

  /** The writer waits for the limiter: the silence is ours. */
  hold(): void {
    this.#phase = 'held'
  }

  /** All is handed over: the answer is due. */
  awaitAnswer(): void {
    // A peer may answer before the body is through.
    if (this.#phase === 'receiving') return
    this.#phase = 'awaiting'
    this.#waitedMs = 0
  }

  /** The answer has begun, or goes on. */
  receive(): void {
    if (this.#phase !== 'receiving') this.#waitedMs = 0
    this.#phase = 'receiving'
    this.#progress = PROGRESS_AT_START
  }

  end(): void {
    watches.delete(this)
  }

  tick(elapsedMs: number): void {
    if (!this.#connected) {
      this.#waitedMs += elapsedMs
      if (this.#waitedMs >= CONNECT_MS) this.#stuck(`no connection in ${CONNECT_MS / 1000} s`)
      return
    }
    switch (this.#phase) {
      case 'held':
        return
      case 'writing': {
        this.#bodyWaitedMs += elapsedMs
        const moved = this.#handedBytes - unsentBytes(this.#request.socket)
        const next = look(this.#progress, elapsedMs, moved - this.#movedBytes, this.#least())
        this.#movedBytes = moved
        if (next === 'stuck') return this.#stuck(`next to nothing was taken for ${PATIENCE_MS / 1000} s`)
        this.#progress = next
        return
      }
      case 'awaiting': {
        this.#waitedMs += elapsedMs
        const patienceMs = answerPatienceMs(this.#bodyWaitedMs)
        if (this.#waitedMs >= patienceMs) this.#stuck(`no answer for ${Math.round(patienceMs / 1000)} s`)
        return
      }
      case 'receiving': {
        this.#waitedMs += elapsedMs
        // Servers that take long to complete an upload send a space now and then: any byte is a sign of life.
        const next = look(this.#progress, elapsedMs, 0, 1)
        if (next === 'stuck' || this.#waitedMs >= MAX_ANSWER_MS) return this.#stuck('the answer did not end')
        this.#progress = next
      }
    }
  }

  #stuck(why: string): void {
    watches.delete(this)
    this.#onStuck(why)
  }
}

/**
 * Bytes that the kernel has not taken yet. Finer than `writableLength`, where a write counts whole until its end:
 * Node's own idle timeout reads the same property of the same object, and over TLS the socket's is below it.
 */
export function unsentBytes(socket: Socket | null): number {
  if (socket === null) return 0
  interface Handle {
    readonly writeQueueSize?: number
    readonly _parent?: Handle
  }
  const handle = (socket as { readonly _handle?: Handle | null })._handle
  return handle?._parent?.writeQueueSize ?? handle?.writeQueueSize ?? socket.writableLength
}
