import { parentPort, workerData } from 'node:worker_threads'
import { hideSecret } from '../../shared/redact.ts'
import { systemClock } from '../flow/clock.ts'
import { LimitTable } from '../flow/limit-table.ts'
import { QuotaCounters } from '../flow/quota-counters.ts'
import { ThreadLimiter } from '../flow/thread-limiter.ts'
import { createAgent } from './agent.ts'
import { Counters } from './counters.ts'
import { BlockPool } from './held-bytes.ts'
import type { Route } from './lane.ts'
import { Lane } from './lane.ts'
import { PutSigner } from './object-request.ts'
import { QuotaMeter } from './quota-meter.ts'
import type { FromSender, Job, Outcome, SenderDestination, SenderWorkerData, ToSender } from './sender-protocol.ts'

/** Outcomes in one message at the most. */
const MAX_BUNDLE = 8
/** Nobody waits longer than this to hear that a file is done. */
const BUNDLE_MS = 50

/**
 * A sender thread: moves bytes and nothing else. It takes jobs in order, runs one on each of its
 * lanes, and answers each with one outcome.
 */
const port = parentPort
if (port === null) throw new Error('a sender runs in a worker thread')
const { limits, counters: counterBuffer, quotas, worker, heldBytes } = workerData as SenderWorkerData

const counters = new Counters(counterBuffer)
const meter = new QuotaMeter(new QuotaCounters(quotas), worker)
const limiter = new ThreadLimiter(new LimitTable(limits), systemClock)
const pool = new BlockPool(heldBytes)
const routes = new Map<string, Route>()
const destinations = new Map<string, SenderDestination>()
const waiting: Job[] = []
const running = new Map<number, Lane>()
const lanes = new Map<number, Lane>()
const idle: number[] = []
let allowed: ReadonlySet<number> = new Set()
let outcomes: Outcome[] = []
let flushing: NodeJS.Immediate | null = null
let later: NodeJS.Timeout | null = null

port.on('message', (message: ToSender) => {
  switch (message.type) {
    case 'destination':
      return setRoute(message.destination)
    case 'jobs':
      waiting.push(...message.jobs)
      return startWaiting()
    case 'stop':
      return stop(new Set(message.jobIds))
    case 'lanes':
      return setLanes(message.lanes)
    case 'wake':
      return limiter.wake()
    case 'reconnect':
      for (const { agent } of routes.values()) agent.destroy()
      return
    case 'quotas':
      return meter.know(message.counted)
    case 'end':
      // Ends this thread, not the process.
      return process.exit()
  }
})

function setRoute(destination: SenderDestination): void {
  const url = new URL(destination.baseUrl)
  const old = routes.get(destination.id)
  hideSecret(destination.secretAccessKey)
  hideSecret(destination.sessionToken)
  const signer = new PutSigner(destination)
  if (old !== undefined) signer.clockOffsetMs = old.signer.clockOffsetMs
  // New keys alone must not cut the requests in flight.
  const before = destinations.get(destination.id)
  const samePlace = old !== undefined && before !== undefined && sameWay(before, destination)
  if (old !== undefined && !samePlace) old.agent.destroy()
  const agent = samePlace ? old.agent : createAgent(destination)
  routes.set(destination.id, { url, signer, agent, context: destination.context })
  destinations.set(destination.id, destination)
}

function sameWay(one: SenderDestination, other: SenderDestination): boolean {
  const { baseUrl, ca, proxy, bindAddress } = one
  return baseUrl === other.baseUrl && ca === other.ca && proxy === other.proxy && bindAddress === other.bindAddress
}

function setLanes(indexes: readonly number[]): void {
  allowed = new Set(indexes)
  for (const index of indexes) {
    if (lanes.has(index)) continue
    lanes.set(index, new Lane(index, counters, meter, limiter, pool))
  }
  idle.length = 0
  const busy = new Set(running.values())
  for (const [index, lane] of lanes) if (allowed.has(index) && !busy.has(lane)) idle.push(index)
  startWaiting()
}

function startWaiting(): void {
  // Another thread sends now.
  if (allowed.size === 0) return giveBackWaiting(() => true)
  while (waiting.length > 0) {
    const index = idle.pop()
    const lane = index === undefined ? undefined : lanes.get(index)
    if (index === undefined || lane === undefined) return
    const job = waiting.shift()
    if (job !== undefined) void run(index, lane, job)
  }
}

async function run(index: number, lane: Lane, job: Job): Promise<void> {
  running.set(job.jobId, lane)
  const outcome = await lane.run(job, job.kind === 'put' ? routes.get(job.destinationId) : undefined)
  running.delete(job.jobId)
  if (allowed.has(index)) idle.push(index)
  answer(outcome)
  startWaiting()
}

function stop(jobIds: ReadonlySet<number>): void {
  giveBackWaiting(({ jobId }) => jobIds.has(jobId))
  for (const jobId of jobIds) running.get(jobId)?.stop()
}

/** They are begun elsewhere, or not at all. */
function giveBackWaiting(which: (job: Job) => boolean): void {
  for (let at = waiting.length - 1; at >= 0; at--) {
    const job = waiting[at]
    if (job === undefined || !which(job)) continue
    waiting.splice(at, 1)
    const error = { code: 'interrupted' as const, message: 'The request was not begun.' }
    answer({ kind: 'failed', jobId: job.jobId, error, status: 0, sentBytes: 0, requestMs: 0 })
  }
}

/** Outcomes travel together while there is more to do; the engine hears of them in time to send new work. */
function answer(outcome: Outcome): void {
  outcomes.push(outcome)
  if (outcomes.length >= MAX_BUNDLE || waiting.length <= idle.length + running.size) {
    if (flushing === null) flushing = setImmediate(flush)
  } else {
    later ??= setTimeout(flush, BUNDLE_MS)
  }
}

function flush(): void {
  if (flushing !== null) clearImmediate(flushing)
  if (later !== null) clearTimeout(later)
  flushing = null
  later = null
  if (outcomes.length === 0) return
  const message: FromSender = { type: 'outcomes', outcomes }
  outcomes = []
  port?.postMessage(message)
}
