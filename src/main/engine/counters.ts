import type { Activity, TimeSpent } from '../core/why-slow.ts'
import { ACTIVITIES } from '../core/why-slow.ts'

/**
 * Byte progress in shared memory: a sender writes its connections' cells, the engine reads them when it
 * wants to know. Nothing is ever posted for a byte.
 */
const CELLS_PER_LANE = 16
const JOB = 0
const JOB_BYTES = 1
const PAYLOAD_BYTES = 2
const SOCKET_BYTES = 3
const SHARE = 4
/** What the lane is at (0: nothing), and since when; then the time that it has spent on each activity. */
const DOING = 5
const SINCE_MS = 6
const SPENT_MS = 7

/** The most connections that a process can have. */
export const MAX_LANES = 64
/** Places of the senders: two for each connection, so that another thread may take it over while a job still ends on the first. */
export const SENDER_LANES = 2 * MAX_LANES
/** Places of the engine's own thread, behind those of the senders: it sends what cannot be read twice. */
export const STREAM_LANES: readonly number[] = [SENDER_LANES, SENDER_LANES + 1]
const PLACES = SENDER_LANES + STREAM_LANES.length

/** `Float64Array` cells: one writer each, aligned 8-byte stores, exact up to 2^53. */
export class Counters {
  readonly buffer: SharedArrayBuffer
  readonly #cells: Float64Array

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(PLACES * CELLS_PER_LANE * 8)) {
    this.buffer = buffer
    this.#cells = new Float64Array(buffer)
  }

  /** A lane begins a job; its bytes count from 0. */
  begin(lane: number, jobId: number): void {
    this.#cells[lane * CELLS_PER_LANE + JOB_BYTES] = 0
    this.#cells[lane * CELLS_PER_LANE + JOB] = jobId
  }

  /** Payload that the socket has taken. */
  addPayload(lane: number, bytes: number): void {
    this.#add(lane, JOB_BYTES, bytes)
    this.#add(lane, PAYLOAD_BYTES, bytes)
  }

  /** Everything that the socket has taken: heads and payload. */
  addSocket(lane: number, bytes: number): void {
    this.#add(lane, SOCKET_BYTES, bytes)
  }

  /** The job that the lane is on, 0 for none, and its payload bytes so far. */
  job(lane: number): { jobId: number; bytes: number } {
    const at = lane * CELLS_PER_LANE
    return { jobId: this.#cells[at + JOB] ?? 0, bytes: this.#cells[at + JOB_BYTES] ?? 0 }
  }

  /** Payload bytes of all lanes since the process began. */
  payloadBytes(): number {
    return this.#sum(PAYLOAD_BYTES)
  }

  socketBytes(): number {
    return this.#sum(SOCKET_BYTES)
  }

  /** The part of a node's quantum that is this lane's thread's, 0..1. Written by the engine. */
  setShare(lane: number, share: number): void {
    this.#cells[lane * CELLS_PER_LANE + SHARE] = share
  }

  share(lane: number): number {
    return this.#cells[lane * CELLS_PER_LANE + SHARE] ?? 0
  }

  /** The lane turns to something else; null: it rests. */
  turnTo(lane: number, activity: Activity | null): void {
    const at = lane * CELLS_PER_LANE
    const now = nowMs()
    const doing = this.#cells[at + DOING] ?? 0
    if (doing > 0) this.#add(lane, SPENT_MS + doing - 1, now - (this.#cells[at + SINCE_MS] ?? now))
    this.#cells[at + SINCE_MS] = now
    this.#cells[at + DOING] = activity === null ? 0 : ACTIVITIES.indexOf(activity) + 1
  }

  /** Milliseconds since the process began, what the lane is at now included. */
  spent(lane: number): TimeSpent {
    const at = lane * CELLS_PER_LANE
    const doing = this.#cells[at + DOING] ?? 0
    const currentMs = Math.max(0, nowMs() - (this.#cells[at + SINCE_MS] ?? 0))
    const of = (index: number) => (this.#cells[at + SPENT_MS + index] ?? 0) + (index === doing - 1 ? currentMs : 0)
    return { limit: of(0), turn: of(1), read: of(2), write: of(3), answer: of(4), work: of(5) }
  }

  #add(lane: number, cell: number, bytes: number): void {
    const at = lane * CELLS_PER_LANE + cell
    this.#cells[at] = (this.#cells[at] ?? 0) + bytes
  }

  #sum(cell: number): number {
    let sum = 0
    for (let lane = 0; lane < PLACES; lane++) sum += this.#cells[lane * CELLS_PER_LANE + cell] ?? 0
    return sum
  }
}

/** One clock for all threads of the process, in milliseconds. */
function nowMs(): number {
  return performance.timeOrigin + performance.now()
}
