import { parentPort, workerData } from 'node:worker_threads'
import { SAMPLE_PERIOD_MS } from '../../shared/samples.ts'
import type { EngineEvent, EngineMethod, EngineMethods } from './api.ts'
import { BatchIntake } from './batch-intake.ts'
import type { EngineMessage, EngineRequest, EngineWorkerData } from './client.ts'
import { Engine } from './engine.ts'
import { QueueView } from './queue-view.ts'
import { RateSampler } from './rate-sampler.ts'
import { standardInput } from './stream-source.ts'
import { testDestination } from './test-destination.ts'

/** The engine's thread: builds the parts, answers requests, sends events in bundles. */
const port = parentPort
if (port === null) throw new Error('the engine runs in a worker thread')
const { options, senderPath } = workerData as EngineWorkerData

/** 8 patches a second: each is drawn, and more would not be seen. */
const PATCH_PERIOD_MS = 125

let bundle: EngineEvent[] = []
let quiet = true
/** Requests being worked on: what they start is not there yet. */
let pending = 0

const engine = new Engine(options, senderPath, emit, noticeRest)
const intake = new BatchIntake(engine, emit)
const sampler = new RateSampler(engine)
const view = new QueueView(engine, sampler, () => ({
  scanning: intake.scanning,
  skippedNames: intake.skippedNames,
  emptyFolders: intake.emptyFolders,
  unreadable: intake.unreadable,
}))

setInterval(() => {
  engine.followQuotas()
  sampler.sample()
  emit({ type: 'progress', atMs: Date.now(), stats: sampler.stats() })
}, SAMPLE_PERIOD_MS)
setInterval(() => {
  const patch = view.next()
  if (patch !== null) emit({ type: 'patch', patch })
}, PATCH_PERIOD_MS)

const methods: { [M in EngineMethod]: (input: EngineMethods[M]['input']) => Promise<EngineMethods[M]['output']> } = {
  async addBatch(batch) {
    quiet = false
    return { batchId: intake.add(batch, noticeRest) }
  },
  async addStream(stream) {
    quiet = false
    const source = standardInput()
    const transfer = intake.addStream(stream)
    engine.addStream(transfer, source)
    return { batchId: transfer.batchId }
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
    return engine.pause(engine.queue.select(which), mode)
  },
  async resume(which) {
    engine.resume(engine.queue.select(which))
    return null
  },
  async cancel(which) {
    engine.cancel(engine.queue.select(which))
    return null
  },
  async retry({ which, overwrite }) {
    await engine.retry(engine.queue.select(which), overwrite)
    return null
  },
  async remove(which) {
    engine.remove(engine.queue.select(which))
    return null
  },
  async opened() {
    return { ok: true }
  },
  async restore() {
    return { batches: [], destinations: [], unfinished: 0, resentAtMost: 0 }
  },
  async batches() {
    return []
  },
  async batchEnds() {
    return []
  },
  async forgetBatches() {
    return null
  },
  async orphans() {
    return []
  },
  async abortOrphans() {
    return { aborted: 0 }
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
  async setPaused({ paused }) {
    engine.setPaused(paused)
    return null
  },
  async setConnections({ connections }) {
    engine.dispatcher.setConnections(connections)
    return null
  },
  async subscribe(viewport) {
    return view.subscribe(viewport)
  },
  async patchTaken() {
    view.patchTaken()
    return null
  },
  async samples() {
    return sampler.history
  },
  async stats() {
    return sampler.stats()
  },
  async endSenders() {
    await engine.dispatcher.terminate()
    return null
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

port.on('message', async (request: EngineRequest) => {
  pending++
  try {
    const method = methods[request.method] as (input: unknown) => Promise<unknown>
    post({ type: 'answer', id: request.id, output: await method(request.input) })
  } catch (thrown) {
    post({ type: 'refusal', id: request.id, message: thrown instanceof Error ? thrown.message : String(thrown) })
  } finally {
    pending--
    noticeRest()
  }
})

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
