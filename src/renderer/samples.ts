import type { RateSample } from '../shared/contract.ts'

/** The longest span that the graph offers. */
const KEPT_MS = 30 * 60_000

/**
 * Rate samples of the last 30 minutes, outside React: the graph reads them four times a second and nothing else
 * re-renders for them.
 */
export class SampleHistory {
  #samples: RateSample[] = []
  readonly #listeners = new Set<() => void>()

  get all(): readonly RateSample[] {
    return this.#samples
  }

  /** What the host kept from before this window; patches may have brought newer ones already. */
  restore(samples: readonly RateSample[]): void {
    const newer = this.#samples
    this.#samples = []
    this.append(samples)
    this.append(newer)
  }

  /** Samples that are not newer than the last one are dropped: a snapshot repeats what a patch has brought. */
  append(samples: readonly RateSample[]): void {
    const lastMs = this.#samples.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY
    const fresh = samples.filter((sample) => sample.atMs > lastMs)
    if (fresh.length === 0) return
    this.#samples.push(...fresh)
    const newest = this.#samples.at(-1)
    if (!newest) return
    const oldestMs = newest.atMs - KEPT_MS
    const firstKept = this.#samples.findIndex((sample) => sample.atMs >= oldestMs)
    // Trimmed a minute at a time: shifting a long array at every sample would cost more than the memory.
    if (firstKept > 240) this.#samples = this.#samples.slice(firstKept)
    for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export const sampleHistory = new SampleHistory()
