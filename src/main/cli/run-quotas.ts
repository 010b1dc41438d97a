import type { QuotaKeeper } from '../app/quota-keeper.ts'
import type { EngineQuota, KeptBatch } from '../engine/api.ts'
import type { EngineClient } from '../engine/client.ts'

/** The quotas that a run is held to. */
export interface RunQuotas {
  readonly list: readonly EngineQuota[]
  /** The data folder, in which the counts outlive the process; null: nowhere. */
  readonly folder: string | null
  /** They go on with what an earlier process counted there. */
  readonly goesOn: boolean
}

/** Tell the engine by its `begin`, and it what the engine tells. Loads zod and conf, which other runs need not wait for. */
export async function keepQuotas(
  { list, folder, goesOn }: RunQuotas,
  engine: EngineClient,
  complain: (sentence: string) => void,
): Promise<QuotaKeeper> {
  const [{ default: Conf }, { QuotaCounts }, { QuotaKeeper }] = await Promise.all([
    import('conf'),
    import('../app/quota-counts.ts'),
    import('../app/quota-keeper.ts'),
  ])
  const open = (file: { folder: string; name: string }) => new Conf({ cwd: file.folder, configName: file.name })
  const counts = folder === null ? null : new QuotaCounts(folder, open, Date.now())
  if (counts !== null && !goesOn) counts.saved = null
  if (counts !== null && counts.notice !== null) complain(counts.notice)
  return new QuotaKeeper({ quotas: list }, counts, engine, () => {}, complain)
}

/** Those of batches that have yet to be finished; each holds for its own. */
export function keptQuotas(batches: readonly KeptBatch[]): readonly EngineQuota[] {
  const byName = new Map<string, EngineQuota>()
  for (const { destinationId, quotas, unfinished, scanning } of batches) {
    if (unfinished === 0 && !scanning) continue
    for (const quota of quotas) {
      let { name } = quota
      for (let other = 2; byName.has(name); other++) name = `${quota.name} (${other})`
      byName.set(name, { ...quota, name, destinationId })
    }
  }
  return [...byName.values()]
}
