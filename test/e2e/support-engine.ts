import { syncBuiltinESMExports } from 'node:module'
import workerThreads from 'node:worker_threads'

/**
 * Remembers the engine threads that start in this process from now on, so that a test can end one: the app itself gives
 * no way to. Answers a function that ends the newest by a message that it does not understand, as a mistake of its own
 * would.
 */
export function watchEngines(): () => void {
  const { Worker } = workerThreads
  const engines: InstanceType<typeof Worker>[] = []
  workerThreads.Worker = class extends Worker {
    constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
      super(file, options)
      if (options?.name === 'engine') engines.push(this)
    }
  }
  syncBuiltinESMExports()
  return () => engines.at(-1)?.postMessage(null)
}
