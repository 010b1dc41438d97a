import { parentPort, workerData } from 'node:worker_threads'
import type { Which } from '../../shared/contract.ts'
import { SluiceError } from '../../shared/errors.ts'
import { matches } from '../../shared/queue-filter.ts'
import { redact } from '../../shared/redact.ts'
import { SAMPLE_PERIOD_MS } from '../../shared/samples.ts'
import type { AddBatch, EngineEvent, EngineMethod, EngineMethods } from './api.ts'
import { BatchIntake } from './batch-intake.ts'
import { Bulk } from './bulk.ts'
import type { EngineMessage, EngineWorkerData } from './client.ts'
import { Engine } from './engine.ts'
import type { EngineTask } from './engine-start.ts'
import { kept, serveRequests } from './engine-start.ts'
import { readBatches, readEnds, readPlace } from './journal-rows.ts'
import { OpenUploads } from './open-uploads.ts'
import { PreflightCheck } from './preflight.ts'
import { QueueView } from './queue-view.ts'
import { RateSampler } from './rate-sampler.ts'
import { restore } from './restore.ts'
import { standardInput } from './stream-source.ts'
import { testDestination } from './test-destination.ts'
import { DetailsView } from './transfer-details.ts'
import type { Transfer } from './transfer-record.ts'

/** The engine of its thread (which begins in `engine-start.ts`): builds the parts, answers requests, sends events in bundles. */
const port = parentPort
if (port === null) throw new Error('the engine runs in a worker thread')
const { options, senderPath } = workerData as EngineWorkerData

/** 8 patches a second: each is drawn, and more would not be seen. */
const PATCH_PERIOD_MS = 125

const MAX_BATCHES = 1_000

/** A timer this late means that the computer, or this process, slept: its connections may be dead by now. */
const SLEEP_MS = 10_000

let bundle: EngineEvent[] = []
let quiet = true
/** Requests being worked on: what they start is not there yet. */
let pending = 0

const engine = new Engine(options, senderPath, emit, noticeRest, kept.journal)
if (kept.notice !== null) emit({ type: 'notice', level: 'error', message: kept.notice, about: 'set-aside' })
const intake = new BatchIntake(engine, emit)
const sampler = new RateSampler(engine)
const details = new DetailsView(engine)
const view = new QueueView(engine, sampler, details, () => ({
  scanning: intake.scanning,
  skippedNames: intake.skippedNames,
  emptyFolders: intake.emptyFolders,
  unreadable: intake.unreadable,
}))

setInterval(() => {
  engine.followQuotas()
  sampler.sample()
  details.sample((transfer) => sampler.progress(transfer))
  emit({ type: 'progress', atMs: Date.now(), stats: sampler.stats() })
}, SAMPLE_PERIOD_MS)

/** Runs once somebody looks: each tick of a thread at rest costs 0.3 ms of CPU. */
let patches: NodeJS.Timeout | null = null
function sendPatch(): void {
  const patch = view.next()
  if (patch !== null) emit({ type: 'patch', patch })
}

let lookedAtMs = Date.now()
setInterval(() => {
  const now = Date.now()
  if (now - lookedAtMs > SLEEP_MS) engine.networkChanged()
  lookedAtMs = now
}, 1_000)

const bulk = new Bulk(engine)
const preflight = new PreflightCheck()
const openUploads = new OpenUploads(engine, options.stateDir ?? null, options.dataDir ?? null)

const methods: { [M in EngineMethod]: (input: EngineMethods[M]['input']) => Promise<EngineMethods[M]['output']> } = {
  async addBatch(batch) {
    mustBeOurs()
    quiet = false
    return { batchId: intake.add(batch, noticeRest) }
  },
  async addStream(stream) {
    mustBeOurs()
    quiet = false
    const transfer = intake.addStream(stream)
    engine.addStream(transfer, standardInput())
    return { batchId: transfer.batchId }
  },
  async preflight(input) {
    return preflight.run(input, async () => {
      const runtime = engine.destinations.get(input.destinationId)
      if (runtime === undefined) throw new Error(`there is no destination ${input.destinationId}`)
      return await runtime.control()
    })
  },
  async cancelPreflight() {
    preflight.cancel()
    return null
  },
  async putDestination(destination) {
    engine.putDestination(destination)
    return null
  },
  async removeDestination({ id }) {
    engine.removeDestination(id)
    return null
  },
  testDestination,
  async unblockDestination({ id }) {
    engine.unblockDestination(id)
    return null
  },
  async pause({ which, mode }) {
    let resentBytes = 0
    await bulk.run(which, (slice) => {
      resentBytes += engine.pause(slice, mode).resentBytes
    })
    return keep({ resentBytes })
  },
  async resume(which) {
    await bulk.run(which, (slice) => engine.resume(slice))
    return keep(null)
  },
  async cancel(which) {
    cancelWalksOf(which)
    await bulk.run(which, (slice) => engine.cancel(slice))
    return keep(null)
  },
  async retry({ which, overwrite, keepBoth }) {
    await engine.retry(engine.queue.select(which), overwrite, keepBoth)
    return keep(null)
  },
  async remove(which) {
    cancelWalksOf(which)
    const transfers: Transfer[] = []
    await bulk.run(which, (slice) => {
      engine.cancel(slice)
      transfers.push(...slice)
    })
    engine.remove(transfers)
    return keep({ removed: transfers.length })
  },
  async undoRemove() {
    return keep({ restored: engine.undoRemove() })
  },
  async move({ which, place }) {
    engine.move(engine.queue.select(which), place)
    return keep(null)
  },
  async opened() {
    return kept.opened
  },
  async restore(rules) {
    mustBeOurs()
    quiet = false
    return restore(engine, intake, noticeRest, rules)
  },
  async batches() {
    const { db } = kept.journal
    kept.journal.commit('process')
    return db === null ? [] : readBatches(db, MAX_BATCHES)
  },
  async batchEnds({ batchId, afterId, limit }) {
    const { db } = kept.journal
    kept.journal.commit('process')
    return db === null ? [] : readEnds(db, batchId, afterId, limit)
  },
  async batchPlace({ batchId }) {
    const { db } = kept.journal
    kept.journal.commit('process')
    return db === null ? null : readPlace(db, batchId)
  },
  async forgetBatches({ batchIds }) {
    engine.unlistEnded(new Set(batchIds))
    kept.journal.forgetBatches(batchIds)
    return null
  },
  async openUploads({ destinationId, prefix, after }) {
    return openUploads.list(destinationId, prefix, after)
  },
  async abortOpenUploads({ destinationId, uploads }) {
    return openUploads.abort(destinationId, uploads)
  },
  async setLimit(input) {
    engine.setLimit(input)
    return null
  },
  async setQuotas(input) {
    return engine.setQuotas(input)
  },
  async quotaSnapshot() {
    return engine.quotas.snapshot(Date.now())
  },
  async setDestinationPace({ id, ...pace }) {
    engine.setDestinationPace(id, pace)
    return null
  },
  async setTransferLimit({ id, limitBytesPerSecond }) {
    engine.setTransferLimit(id, limitBytesPerSecond)
    return null
  },
  async exemptTransfer({ id, exempt }) {
    engine.exemptTransfer(id, exempt)
    return keep(null)
  },
  async setBatchWeight({ batchId, weight }) {
    engine.setBatchWeight(batchId, weight)
    return keep(null)
  },
  async setPaused({ paused }) {
    engine.setPaused(paused)
    return null
  },
  async networkChanged() {
    engine.networkChanged()
    return null
  },
  async setConnections({ connections }) {
    engine.dispatcher.setConnections(connections)
    return null
  },
  async subscribe(viewport) {
    if (patches === null) patches = setInterval(sendPatch, PATCH_PERIOD_MS)
    return view.subscribe(viewport)
  },
  async patchTaken() {
    view.patchTaken()
    return null
  },
  async samples() {
    return sampler.history
  },
  async transferDetails({ id, sinceMs }) {
    return view.details(id, sinceMs)
  },
  async stats() {
    return sampler.stats()
  },
  async end() {
    await engine.dispatcher.terminate()
    kept.close()
    // Ends this thread, not the process.
    process.exit()
  },
  async isIdle() {
    return intake.scanning === 0 && engine.idle
  },
  async stop({ now }) {
    intake.stop()
    await engine.stop(now)
    return null
  },
}

serveRequests(async ({ request, answered, keptBatchId }: EngineTask) => {
  const { id } = request
  pending++
  try {
    if (keptBatchId !== null) return walkKept(keptBatchId, request.input as AddBatch)
    const method = methods[request.method] as (input: unknown) => Promise<unknown>
    const output = await method(request.input)
    if (!answered) post({ type: 'answer', id, output })
  } catch (thrown) {
    const message = redact(thrown instanceof Error ? thrown.message : String(thrown))
    if (answered) emit({ type: 'notice', level: 'error', message })
    else post({ type: 'refusal', id, message, code: thrown instanceof SluiceError ? thrown.code : null })
  } finally {
    pending--
    noticeRest()
  }
})

function walkKept(batchId: number, batch: AddBatch): void {
  quiet = false
  intake.walk(batchId, batch, new Set(), noticeRest)
}

/** Files that are still to be found would be queued: whoever cancels those means them too. */
function cancelWalksOf(which: Which): void {
  if (which.kind === 'ids' || which.search || !matches(which.filter, 'queued')) return
  intake.cancelWalks(which.kind === 'batches' ? which.batchIds : undefined)
}

/** @throws SluiceError with the sentence that says why nothing can be kept */
function mustBeOurs(): void {
  if (!kept.opened.ok) throw new SluiceError({ code: 'internal', message: kept.opened.message })
}

/** What a person asked for is on the disk before they are told that it is done. */
function keep<T>(answer: T): T {
  kept.journal.commit('disk')
  return answer
}

/** Says `idle` once each time that everything has come to rest. */
function noticeRest(): void {
  if (pending > 0) return
  if (intake.scanning > 0 || !engine.idle) {
    quiet = false
  } else if (!quiet) {
    quiet = true
    emit({ type: 'idle' })
  }
}

/** Events of one turn of the loop travel together, before any later answer. */
function emit(event: EngineEvent): void {
  bundle.push(event)
  if (bundle.length === 1) setImmediate(flush)
}

function flush(): void {
  if (bundle.length === 0) return
  const events = bundle
  bundle = []
  const message: EngineMessage = { type: 'events', events }
  port?.postMessage(message)
}

function post(message: EngineMessage): void {
  flush()
  port?.postMessage(message)
}
