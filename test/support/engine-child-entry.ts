import type { EngineMethod, EngineOptions } from '../../src/main/engine/api.ts'
import { EngineClient } from '../../src/main/engine/client.ts'
import { sourceWorkers } from './engine-scene.ts'

/** An engine in a process of its own, told what to do over the channel that it was forked with. */
const engine = new EngineClient(sourceWorkers, JSON.parse(process.argv[2] ?? '') as EngineOptions)
engine.onEvent((event) => process.send?.({ event }))
process.on('message', ({ id, method, input }: { id: number; method: EngineMethod; input: never }) => {
  engine.call(method, input).then(
    (output) => process.send?.({ id, output }),
    (error: Error) => process.send?.({ id, refusal: error.message }),
  )
})
