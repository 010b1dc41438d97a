import type { RequestSystem } from '../system.ts'
import { WORKERS_PER_REQUEST } from '../system.ts'

/** How often the tutorial's refill puts how many tokens. */
export interface RefillPlan {
  readonly intervalSeconds: number
  readonly tokens: number
}

/**
 * The refill's plan as its code has it. The loop that should find a finer slice (12/s as 2 every 1/6 s) counts up
 * from `n − 1` to below 1, so it never runs.
 */
export function refillPlan(requestsPerSecond: number): RefillPlan {
  for (let slices = requestsPerSecond - 1; slices < 1; slices++) {
    if (slices > 0 && requestsPerSecond % slices === 0) {
      return { intervalSeconds: 1 / slices, tokens: requestsPerSecond / slices }
    }
  }
  return { intervalSeconds: 1, tokens: requestsPerSecond }
}

/** The robust client of the tutorial: a bucket that starts full, a refill, and ten workers for each request/s. */
export const tutorial: RequestSystem = {
  name: 'token-bucket tutorial',
  start(world, requestsPerSecond, queue, send) {
    const count = { tokensTaken: 0 }
    let bucket = requestsPerSecond
    const refill = async () => {
      for (;;) {
        const { intervalSeconds, tokens } = refillPlan(requestsPerSecond)
        await world.sleep(intervalSeconds)
        bucket = Math.max(bucket, Math.min(bucket + tokens, requestsPerSecond))
      }
    }
    const worker = async () => {
      for (;;) {
        if (bucket === 0) {
          await world.sleep(1 / requestsPerSecond)
          continue
        }
        bucket -= 1
        count.tokensTaken += 1
        // The token is gone whether or not there is something to send.
        if (!queue.tryGet()) continue
        await send()
      }
    }
    world.start(refill)
    for (let index = 0; index < WORKERS_PER_REQUEST * requestsPerSecond; index++) world.start(worker)
    return count
  },
}
