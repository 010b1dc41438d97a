import type { QuotaSnapshot } from '../flow/quota-snapshot.ts'
import { readQuotaSnapshot } from '../flow/quota-snapshot.ts'
import type { OpenSettingsFile } from './kept-file.ts'
import { openKept } from './kept-file.ts'

/**
 * What quotas have counted, in `quotas.json` beside the settings: it changes all the time, and settings are precious. A
 * file that cannot be read is set aside, counting starts anew, and `notice` says so in one sentence.
 */
export class QuotaCounts {
  /** What was written last, by this run or the one before; null: nothing ever was. */
  saved: QuotaSnapshot | null
  readonly notice: string | null
  readonly #store: { store: Record<string, unknown> }

  constructor(folder: string, open: OpenSettingsFile, nowMs: number) {
    const kept = openKept(open, { folder, name: 'quotas' }, readStore, null, nowMs)
    this.saved = kept.values
    this.#store = kept.file
    this.notice =
      kept.aside === null
        ? null
        : `What your quotas had counted could not be read, so counting starts anew; the old file is kept as ${kept.aside}.`
  }

  /** @throws Error when the disk does */
  write(snapshot: QuotaSnapshot): void {
    this.#store.store = { ...snapshot }
    this.saved = snapshot
  }
}

/** An empty file is one that was never written. */
function readStore(store: Record<string, unknown>): QuotaSnapshot | null {
  if (Object.keys(store).length === 0) return null
  const read = readQuotaSnapshot(store)
  if (!read.ok) throw new Error(read.message)
  return read.value
}
