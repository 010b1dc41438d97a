import type { RateSample } from '../shared/samples.ts'
import { RateHistory } from '../shared/samples.ts'

/**
 * Rate samples of the last day, outside React: a graph reads them four times a second and nothing else re-renders for
 * them.
 */
export class SampleHistory {
  #history = new RateHistory()
  readonly #listeners = new Set<() => void>()

  get all(): readonly RateSample[] {
    return this.#history.all
  }

  /** When the last one ended, epoch ms; 0 when there is none. */
  get newestMs(): number {
    return this.#history.newest?.atMs ?? 0
  }

  /** What the host kept from before this window; patches may have brought newer ones already. */
  restore(samples: readonly RateSample[]): void {
    const newer = this.#history.all
    this.#history = new RateHistory()
    this.append([...samples, ...newer])
  }

  append(samples: readonly RateSample[]): void {
    const news = samples.filter((sample) => this.#history.append(sample))
    if (news.length > 0) for (const listener of this.#listeners) listener()
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}

export const sampleHistory = new SampleHistory()
