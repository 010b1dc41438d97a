import { LimitTable } from '../../../src/main/flow/limit-table.ts'
import { RequestPacer } from '../../../src/main/flow/request-pacer.ts'
import { setRequestRate, UNITS_PER_REQUEST } from '../../../src/main/flow/request-rate.ts'
import { ThreadLimiter } from '../../../src/main/flow/thread-limiter.ts'
import type { RequestSystem } from '../system.ts'
import { WORKERS_PER_REQUEST } from '../system.ts'

const NODE = 0

/** Our pacer: a worker first waits for a request and then for its slot. */
export const oursForRequests: RequestSystem = {
  name: 'Sluice',
  start(world, requestsPerSecond, queue, send) {
    const { clock } = world
    const table = LimitTable.create(1, clock.nowNs())
    setRequestRate(table, NODE, requestsPerSecond, clock.nowNs())
    const pacer = new RequestPacer(new ThreadLimiter(table, clock), NODE)
    const never = new AbortController().signal
    const worker = async () => {
      for (;;) {
        await queue.get()
        await pacer.take(never)
        await send()
      }
    }
    for (let index = 0; index < WORKERS_PER_REQUEST * requestsPerSecond; index++) world.start(worker)
    return {
      get tokensTaken() {
        return table.granted(NODE) / UNITS_PER_REQUEST
      },
    }
  },
}
