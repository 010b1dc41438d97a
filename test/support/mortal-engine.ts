import { parentPort } from 'node:worker_threads'
import '../../src/main/engine/engine-start.ts'

/** The engine's thread, which a test can make die of a mistake: by a message that it does not understand. */
parentPort?.on('message', ({ method }: { method: string }) => {
  if (method === 'die') setImmediate(() => undefinedFunction())
})

declare function undefinedFunction(): void
