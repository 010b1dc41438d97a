import type { QuotaCounters, QuotaSlots } from '../flow/quota-counters.ts'
import { QuotaWorker } from '../flow/quota-counters.ts'
import type { QuotaUnit } from '../flow/quota-snapshot.ts'

/** What a thread must know to count; posted to the senders whenever quotas change. */
export interface CountedQuotas {
  readonly quotas: readonly {
    readonly name: string
    readonly unit: QuotaUnit
    /** null: in total. */
    readonly destinationId: string | null
  }[]
  readonly slots: QuotaSlots
}

/** One thread's counting: what was done for a destination counts to its quotas and to those in total. */
export class QuotaMeter {
  readonly #worker: QuotaWorker
  #quotas: CountedQuotas['quotas'] = []

  /** The worker is one that the engine has registered. */
  constructor(counters: QuotaCounters, worker: number) {
    this.#worker = new QuotaWorker(counters, worker, {})
  }

  /** From now on these count, also for what is under way. */
  know({ quotas, slots }: CountedQuotas): void {
    this.#worker.know(slots)
    this.#quotas = quotas
  }

  /** `count` is a whole number in `unit`. */
  count(destinationId: string, unit: QuotaUnit, count: number): void {
    for (const quota of this.#quotas) {
      if (quota.unit === unit && appliesTo(quota, destinationId)) this.#worker.add(quota.name, count)
    }
  }
}

export function appliesTo(quota: { readonly destinationId: string | null }, destinationId: string): boolean {
  return quota.destinationId === null || quota.destinationId === destinationId
}
