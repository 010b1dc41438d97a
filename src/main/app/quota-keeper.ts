import type { QuotaChange, QuotaSetting, QuotaView } from '../../shared/settings.ts'
import { MAX_QUOTAS } from '../../shared/settings.ts'
import type { QuotaState } from '../engine/api.ts'
import type { EngineClient } from '../engine/client.ts'
import type { QuotaSnapshot } from '../flow/quota-snapshot.ts'
import { formatQuota, parseQuota, spreadProblem } from '../flow/quota-text.ts'
import { BadInput } from './errors.ts'
import { fileReason } from './file-errors.ts'

/** What a crash can forget of the counts. */
const WRITE_PERIOD_MS = 5_000

/** Where the quotas are kept; settings in a window, memory in a command. */
export interface QuotaStore {
  quotas: readonly QuotaSetting[]
}

/** Where their counts outlive the process; null: nowhere. */
export interface CountStore {
  readonly saved: QuotaSnapshot | null
  write(snapshot: QuotaSnapshot): void
}

/** Quotas as people set them, told to the engine, with their counts written every few seconds. */
export class QuotaKeeper {
  readonly #store: QuotaStore
  readonly #counts: CountStore | null
  readonly #engine: Pick<EngineClient, 'call'>
  readonly #onChange: (quotas: readonly QuotaView[]) => void
  readonly #onError: (message: string) => void
  #views: readonly QuotaView[] = []
  #timer: NodeJS.Timeout | null = null
  #complained = false

  /**
   * @param onChange called with how the quotas stand, whenever that has changed
   * @param onError gets one sentence, once, when the counts could not be written
   */
  constructor(
    store: QuotaStore,
    counts: CountStore | null,
    engine: Pick<EngineClient, 'call'>,
    onChange: (quotas: readonly QuotaView[]) => void,
    onError: (message: string) => void,
  ) {
    this.#store = store
    this.#counts = counts
    this.#engine = engine
    this.#onChange = onChange
    this.#onError = onError
  }

  get views(): readonly QuotaView[] {
    return this.#views
  }

  /** Tells the engine the quotas that there are and what an earlier run counted. Once, at the start. */
  async begin(): Promise<void> {
    await this.#tell(this.#counts?.saved ?? null)
  }

  /** @throws BadInput with one sentence for a quota that cannot be read or kept */
  async change(change: QuotaChange): Promise<readonly QuotaView[]> {
    this.#store.quotas = changed(this.#store.quotas, change)
    return await this.#tell(null)
  }

  /** Its quotas go with a destination. */
  async forgetDestination(id: string): Promise<void> {
    const { quotas } = this.#store
    const left = quotas.filter(({ destinationId }) => destinationId !== id)
    if (left.length === quotas.length) return
    this.#store.quotas = left
    await this.#tell(null)
  }

  /** The engine says how they stand. */
  receive(states: readonly QuotaState[]): readonly QuotaView[] {
    this.#views = states.map((state) => ({ ...state, text: formatQuota(state) }))
    this.#onChange(this.#views)
    if (this.#counts !== null) this.#timer ??= setTimeout(() => void this.save().catch(() => {}), WRITE_PERIOD_MS)
    return this.#views
  }

  /** Writes the counts; also before the engine ends. Rejects when the engine is gone. */
  async save(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const snapshot = await this.#engine.call('quotaSnapshot', null)
    try {
      this.#counts?.write(snapshot)
    } catch (error) {
      if (this.#complained) return
      this.#complained = true
      this.#onError(`What your quotas have counted could not be saved: ${fileReason(error)}.`)
    }
  }

  async #tell(snapshot: QuotaSnapshot | null): Promise<readonly QuotaView[]> {
    return this.receive(await this.#engine.call('setQuotas', { quotas: this.#store.quotas, snapshot }))
  }
}

/** Pure. @throws BadInput */
function changed(quotas: readonly QuotaSetting[], change: QuotaChange): readonly QuotaSetting[] {
  if (change.kind === 'remove') return quotas.filter(({ name }) => name !== change.name)
  const { mode, destinationId } = change
  const amount = parseQuota(change.text)
  if (!amount.ok) throw new BadInput(amount.message)
  const problem = spreadProblem({ ...amount.value, mode })
  if (problem !== null) throw new BadInput(problem)
  const name = change.name === '' ? freeName(quotas, formatQuota(amount.value)) : change.name
  const quota: QuotaSetting = { name, ...amount.value, mode, destinationId }
  const known = quotas.some((other) => other.name === name)
  if (!known && quotas.length >= MAX_QUOTAS) throw new BadInput(`There can be ${MAX_QUOTAS} quotas and no more.`)
  return known ? quotas.map((other) => (other.name === name ? quota : other)) : [...quotas, quota]
}

/** `20 GB per day`, and `20 GB per day (2)` for another destination. */
function freeName(quotas: readonly QuotaSetting[], text: string): string {
  for (let number = 1; ; number++) {
    const name = number === 1 ? text : `${text} (${number})`
    if (!quotas.some((other) => other.name === name)) return name
  }
}
