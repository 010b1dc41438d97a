import { Worker } from 'node:worker_threads'
import type { Fault } from './faults.ts'
import type { DemoInfo, DemoOptions } from './server.ts'

/** Asked of the demo worker. Each is answered before the next is sent. */
export type DemoRequest =
  | { readonly type: 'set-faults'; readonly faults: readonly Fault[] }
  | { readonly type: 'close' }

export type DemoReply =
  | { readonly type: 'started'; readonly info: DemoInfo }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'faults-set' }
  | { readonly type: 'closed' }

/** A demo bucket in a worker thread, so that receiving costs the caller's thread nothing. */
export interface DemoWorker extends DemoInfo {
  /** Resolves when the script stands. */
  setFaults(faults: readonly Fault[]): Promise<void>
  /** Ends open connections, releases the folder and ends the thread. May be called twice. */
  close(): Promise<void>
}

/**
 * @param workerPath `demo/worker.ts` in tests, the built chunk in the product.
 * @throws Error with a sentence for people, as `startDemoServer`.
 */
export async function startDemoWorker(workerPath: string | URL, options: DemoOptions): Promise<DemoWorker> {
  const worker = new Worker(workerPath, { workerData: options, name: 'demo' })
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  // Later failures show as refused connections; without a listener they would end the caller's process.
  worker.on('error', () => {})
  const first = await nextReply(worker)
  if (first.type !== 'started') {
    await worker.terminate()
    throw new Error(first.type === 'failed' ? first.message : 'The demo bucket did not start.')
  }
  let turn: Promise<unknown> = Promise.resolve()
  const ask = (request: DemoRequest): Promise<unknown> => {
    const answered = turn.then(() => {
      const reply = nextReply(worker)
      worker.postMessage(request)
      return reply
    })
    turn = answered.catch(() => {})
    return answered
  }
  let closing: Promise<void> | null = null
  return {
    ...first.info,
    setFaults: async (faults) => {
      await ask({ type: 'set-faults', faults })
    },
    close: () => {
      closing ??= ask({ type: 'close' }).then(
        async () => {
          await exited
        },
        () => {},
      )
      return closing
    },
  }
}

/** The worker's next message. Rejects when it dies instead. */
function nextReply(worker: Worker): Promise<DemoReply> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      act()
    }
    const onMessage = (reply: DemoReply): void => settle(() => resolve(reply))
    const onError = (error: Error): void => settle(() => reject(error))
    const onExit = (): void => settle(() => reject(new Error('The demo bucket has stopped.')))
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}
