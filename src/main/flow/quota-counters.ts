/**
 * What quotas count, in shared memory: each worker adds to its own cells without a lock, and the engine
 * alone reads the sums and rotates them into windows (`Quotas`).
 *
 * Source: the per-thread counts of App Engine's `Throttle`, which does not require exact values. Here they are:
 * cells only grow, and are integers of 64 bits that are added to atomically.
 */

export type QuotaErrorCode = 'unknown-quota' | 'unregistered-worker' | 'bad-count' | 'bad-quota' | 'too-many-quotas'

/** A mistake of the program that calls, in one sentence; `code` tells them apart. */
export class QuotaError extends Error {
  readonly code: QuotaErrorCode

  constructor(code: QuotaErrorCode, message: string) {
    super(message)
    this.name = 'QuotaError'
    this.code = code
  }
}

/** Where each quota's count lives, by name; plain data, so that it can be posted to a worker. */
export type QuotaSlots = Readonly<Record<string, number>>

/** The sizes; one cache line, so that no worker's row shares it. */
const HEADER_CELLS = 8

/** A flag and a cell for each quota, in whole cache lines of 8 cells: workers do not slow each other down. */
function rowCells(quotas: number): number {
  return Math.ceil((1 + quotas) / 8) * 8
}

export class QuotaCounters {
  readonly buffer: SharedArrayBuffer
  readonly workers: number
  readonly quotas: number
  readonly #cells: BigUint64Array

  /** Counters over memory that `create` made, possibly in another thread. */
  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer
    this.#cells = new BigUint64Array(buffer)
    this.workers = Number(this.#cells[0])
    this.quotas = Number(this.#cells[1])
  }

  /** Room for `workers` threads (numbered from 0) and for as many names as ever get a quota in this process. */
  static create(workers: number, quotas = 64): QuotaCounters {
    const buffer = new SharedArrayBuffer((HEADER_CELLS + workers * rowCells(quotas)) * 8)
    new BigUint64Array(buffer).set([BigInt(workers), BigInt(quotas)])
    return new QuotaCounters(buffer)
  }

  /** The worker may count from now on; a second time changes nothing. @throws QuotaError 'unregistered-worker' */
  register(worker: number): void {
    if (!(Number.isInteger(worker) && worker >= 0 && worker < this.workers)) {
      throw new QuotaError('unregistered-worker', `There is no room for worker ${worker}: ${this.workers} can count.`)
    }
    Atomics.store(this.#cells, this.#row(worker), 1n)
  }

  isRegistered(worker: number): boolean {
    return worker >= 0 && worker < this.workers && Atomics.load(this.#cells, this.#row(worker)) === 1n
  }

  /** Adds to the worker's own cell. `count` is a whole number, 0 or more. */
  add(worker: number, slot: number, count: number): void {
    Atomics.add(this.#cells, this.#row(worker) + 1 + slot, BigInt(count))
  }

  /** Everything that all workers ever counted in the slot. */
  sum(slot: number): number {
    let sum = 0n
    for (let worker = 0; worker < this.workers; worker++) {
      sum += Atomics.load(this.#cells, this.#row(worker) + 1 + slot)
    }
    return Number(sum)
  }

  #row(worker: number): number {
    return HEADER_CELLS + worker * rowCells(this.quotas)
  }
}

/**
 * One worker's way to count.
 *
 * ```ts
 * const counter = new QuotaWorker(new QuotaCounters(buffer), 3, slots)
 * counter.add('uploads a day', socketBytes)
 * ```
 */
export class QuotaWorker {
  readonly #counters: QuotaCounters
  readonly #worker: number
  #slots: QuotaSlots

  /** `slots` is what `Quotas.slots()` says; the worker must be registered before it counts. */
  constructor(counters: QuotaCounters, worker: number, slots: QuotaSlots) {
    this.#counters = counters
    this.#worker = worker
    this.#slots = slots
  }

  /** Quotas were added. */
  know(slots: QuotaSlots): void {
    this.#slots = slots
  }

  /**
   * Counts what was just done.
   * @throws QuotaError 'unknown-quota', 'unregistered-worker', or 'bad-count' when `count` is no whole number from 0 up
   */
  add(name: string, count: number): void {
    const slot = Object.hasOwn(this.#slots, name) ? this.#slots[name] : undefined
    if (slot === undefined) throw unknownQuota(name)
    if (!this.#counters.isRegistered(this.#worker)) {
      throw new QuotaError('unregistered-worker', `Worker ${this.#worker} counts without being registered.`)
    }
    if (!(Number.isSafeInteger(count) && count >= 0)) {
      throw new QuotaError('bad-count', `A quota counts whole numbers from 0 up, not ${count}.`)
    }
    this.#counters.add(this.#worker, slot, count)
  }
}

export function unknownQuota(name: string): QuotaError {
  return new QuotaError('unknown-quota', `There is no quota named "${name}".`)
}
