import { Worker } from 'node:worker_threads'
import type { Counters } from './counters.ts'
import { MAX_LANES } from './counters.ts'
import { crashDuring, crashPoint } from './crash-points.ts'
import type { CountedQuotas } from './quota-meter.ts'
import type { FromSender, Job, Outcome, SenderDestination, SenderWorkerData, ToSender } from './sender-protocol.ts'
import { ended } from './thread-end.ts'

/** One that runs and some that wait: messages between the threads then carry several jobs and outcomes each. */
export const SMALL_JOBS_PER_LANE = 4

/**
 * Of all senders, for parts that are summed and not yet sent. Nearly two of 8 MiB: four that are on their way are half sent on the
 * average, and without a limit parts are sent nearly as soon as they are summed. With 16 MiB a GiB over TLS took 151 MiB of memory, goal 150.
 */
export const HELD_BYTES = 14 * 1024 ** 2

interface Sender {
  worker: Worker
  /** For what comes next; none: another thread sends that. */
  lanes: readonly number[]
  /** The last ones that it had. */
  lanesAtWork: readonly number[]
  /** Jobs handed over and not answered. */
  readonly outstanding: Map<number, Job>
  batch: Job[]
}

/**
 * The sender threads and what each has in hand. A thread that dies is started again, and its jobs are answered as
 * interrupted, so their parts are sent again.
 */
export class SenderPool {
  readonly #path: string
  readonly #data: Omit<SenderWorkerData, 'worker'>
  readonly #senders: Sender[] = []
  readonly #destinations = new Map<string, SenderDestination>()
  readonly #onOutcome: (outcome: Outcome) => void
  readonly #onDeath: (message: string) => void
  /** False: nothing may begin at present. */
  readonly #beforePost: () => boolean
  #counted: CountedQuotas | null = null
  #connections = 0
  #single = false
  #flushing = false
  #closed = false

  constructor(
    path: string,
    threads: number,
    limits: SharedArrayBuffer,
    counters: Counters,
    quotas: SharedArrayBuffer,
    onOutcome: (outcome: Outcome) => void,
    onDeath: (message: string) => void,
    beforePost: () => boolean,
  ) {
    this.#path = path
    this.#data = { limits, counters: counters.buffer, quotas, heldBytes: Math.floor(HELD_BYTES / threads) }
    this.#onOutcome = onOutcome
    this.#onDeath = onDeath
    this.#beforePost = beforePost
    for (let index = 0; index < threads; index++) {
      const sender: Sender = {
        worker: this.#start(index),
        lanes: [],
        lanesAtWork: [],
        outstanding: new Map(),
        batch: [],
      }
      this.#senders.push(sender)
    }
  }

  /**
   * Spreads the connections evenly over the threads, or has one of them take all. False: they are as they were.
   * What is on its way ends where it is.
   */
  setConnections(connections: number, single: boolean): boolean {
    const threads = this.#senders.length
    const isNew = connections !== this.#connections || (threads > 1 && single !== this.#single)
    this.#connections = connections
    this.#single = single
    if (!isNew) return false
    const all = Array.from({ length: connections }, (_, lane) => lane)
    this.#senders.forEach((sender, index) => {
      const own = (lane: number) => lane % threads === index
      // To the place of another thread's that one may still be writing.
      sender.lanes = all
        .filter((lane) => (single ? index === 0 : own(lane)))
        .map((lane) => (own(lane) ? lane : MAX_LANES + lane))
      if (sender.lanes.length > 0) sender.lanesAtWork = sender.lanes
      this.#post(sender, { type: 'lanes', lanes: sender.lanes })
    })
    return true
  }

  putDestination(destination: SenderDestination): void {
    this.#destinations.set(destination.id, destination)
    for (const sender of this.#senders) this.#post(sender, { type: 'destination', destination })
  }

  setQuotas(counted: CountedQuotas): void {
    this.#counted = counted
    for (const sender of this.#senders) this.#post(sender, { type: 'quotas', counted })
  }

  /**
   * Can a job be taken? Small ones may wait behind a lane's present one, which hides the way between
   * threads and shares its cost; a large one waits for a free lane, so that it is signed when it goes.
   */
  hasRoom(small: boolean): boolean {
    return this.#senders.some(
      (sender) => sender.outstanding.size < sender.lanes.length * (small ? SMALL_JOBS_PER_LANE : 1),
    )
  }

  dispatch(job: Job): void {
    let best: Sender | null = null
    let bestLoad = Number.POSITIVE_INFINITY
    for (const sender of this.#senders) {
      const load = sender.outstanding.size / Math.max(1, sender.lanes.length)
      if (sender.lanes.length > 0 && load < bestLoad) {
        best = sender
        bestLoad = load
      }
    }
    if (best === null) throw new Error('there is no sender with a lane')
    best.outstanding.set(job.jobId, job)
    best.batch.push(job)
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => this.#flush())
  }

  stop(jobIds: readonly number[]): void {
    if (jobIds.length === 0) return
    this.#flush()
    for (const sender of this.#senders) {
      const own = jobIds.filter((jobId) => sender.outstanding.has(jobId))
      if (own.length > 0) this.#post(sender, { type: 'stop', jobIds: own })
    }
  }

  /** Connections end, and the jobs on them answer as interrupted. */
  reconnect(): void {
    this.#flush()
    for (const sender of this.#senders) {
      const puts = [...sender.outstanding.values()].filter(({ kind }) => kind === 'put')
      this.#post(sender, { type: 'stop', jobIds: puts.map(({ jobId }) => jobId) })
      this.#post(sender, { type: 'reconnect' })
    }
  }

  wake(): void {
    for (const sender of this.#senders) this.#post(sender, { type: 'wake' })
  }

  /** What each thread has at work: its lanes, and the leaf in the limit tree of each request. */
  atWork(): { readonly lanes: readonly number[]; readonly leaves: readonly number[] }[] {
    return this.#senders.map(({ lanesAtWork: lanes, outstanding }) => {
      const leaves: number[] = []
      // In the order of their coming: what is beyond the lanes waits.
      for (const job of outstanding.values()) {
        if (leaves.length >= lanes.length) break
        if (job.kind === 'put') leaves.push(job.leaf)
      }
      return { lanes, leaves }
    })
  }

  async close(): Promise<void> {
    this.#closed = true
    for (const sender of this.#senders) this.#post(sender, { type: 'end' })
    await Promise.all(this.#senders.map((sender) => ended(sender.worker)))
  }

  #flush(): void {
    this.#flushing = false
    const mayBegin = this.#beforePost()
    for (const sender of this.#senders) {
      if (sender.batch.length === 0) continue
      const jobs = sender.batch
      sender.batch = []
      if (!mayBegin) {
        this.#giveBack(sender, jobs)
        continue
      }
      crashPoint('before jobs')
      this.#post(sender, { type: 'jobs', jobs })
      crashDuring('in jobs')
    }
  }

  /** They take their turn again. */
  #giveBack(sender: Sender, jobs: readonly Job[]): void {
    const error = { code: 'interrupted' as const, message: 'It could not be noted that this begins.' }
    for (const { jobId } of jobs) {
      sender.outstanding.delete(jobId)
      this.#onOutcome({ kind: 'failed', jobId, error, status: 0, sentBytes: 0, requestMs: 0 })
    }
  }

  #start(index: number): Worker {
    const worker = new Worker(this.#path, {
      workerData: { ...this.#data, worker: index } satisfies SenderWorkerData,
      name: `sender ${index + 1}`,
      // Buffers live outside this heap; what is left is small. For what is new see `EngineClient`.
      resourceLimits: { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 3 },
    })
    worker.on('message', (message: FromSender) => {
      const sender = this.#senders[index]
      for (const outcome of message.outcomes) {
        sender?.outstanding.delete(outcome.jobId)
        this.#onOutcome(outcome)
      }
    })
    let reason = 'it ended'
    worker.on('error', (error) => {
      reason = error.message
    })
    worker.on('exit', () => {
      if (!this.#closed) this.#restart(index, reason)
    })
    return worker
  }

  #restart(index: number, reason: string): void {
    const sender = this.#senders[index]
    if (sender === undefined) return
    const lost = [...sender.outstanding.values()]
    sender.outstanding.clear()
    sender.batch = []
    sender.worker = this.#start(index)
    this.#post(sender, { type: 'lanes', lanes: sender.lanes })
    for (const destination of this.#destinations.values()) this.#post(sender, { type: 'destination', destination })
    if (this.#counted !== null) this.#post(sender, { type: 'quotas', counted: this.#counted })
    this.#onDeath(reason)
    const error = { code: 'interrupted' as const, message: 'The sender stopped.' }
    for (const job of lost) {
      // Nobody knows any more how much of it went out: all of it, at most.
      const sentBytes = job.kind === 'put' ? job.bytes : 0
      this.#onOutcome({ kind: 'failed', jobId: job.jobId, error, status: 0, sentBytes, requestMs: 0 })
    }
  }

  #post(sender: Sender, message: ToSender): void {
    sender.worker.postMessage(message)
  }
}
