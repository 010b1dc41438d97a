import { parentPort, workerData } from 'node:worker_threads'
import type { FromSender, SenderWorkerData, ToSender } from '../../src/main/engine/sender-protocol.ts'

/** A sender that sends nothing: each job's outcome tells in its ETag which thread it came to, and in its version the thread's lanes. */
const { worker } = workerData as SenderWorkerData
let lanes: readonly number[] = []

parentPort?.on('message', (message: ToSender) => {
  if (message.type === 'lanes') lanes = message.lanes
  if (message.type === 'end') process.exit()
  if (message.type !== 'jobs') return
  const outcomes: FromSender = {
    type: 'outcomes',
    outcomes: message.jobs.map(({ jobId }) => ({
      ...{ kind: 'put', jobId, etag: String(worker), versionId: lanes.join() },
      ...{ crc32: 0, checksum: null, serverChecksum: null, sentBytes: 0, requestMs: 0 },
    })),
  }
  parentPort?.postMessage(outcomes)
})
