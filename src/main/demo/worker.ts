import { parentPort, workerData } from 'node:worker_threads'
import type { DemoReply, DemoRequest } from './client.ts'
import type { DemoOptions } from './server.ts'
import { startDemoServer } from './server.ts'

/** The demo bucket's own thread. What it is asked and what it says is in `client.ts`. */

const port = parentPort
if (port === null) throw new Error('demo/worker.ts runs as a worker thread only')

const say = (reply: DemoReply): void => port.postMessage(reply)

/** A function, since a thread that is ended while a module waits at its top level takes the process with it. */
const serve = async (): Promise<void> => {
  const server = await startDemoServer(workerData as DemoOptions)
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = server
  port.on('message', async (request: DemoRequest) => {
    if (request.type === 'set-faults') {
      server.setFaults(request.faults)
      say({ type: 'faults-set' })
      return
    }
    await server.close()
    say({ type: 'closed' })
    port.close()
  })
  say({ type: 'started', info: { endpoint, region, bucket, accessKeyId, secretAccessKey } })
}

serve().catch((error) => say({ type: 'failed', message: error instanceof Error ? error.message : String(error) }))
