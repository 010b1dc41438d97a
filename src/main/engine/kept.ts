import type { DatabaseSync } from 'node:sqlite'
import type { Opened } from './api.ts'
import type { Claim } from './data-folder.ts'
import { claimDataFolder } from './data-folder.ts'
import { Journal } from './journal.ts'
import { openJournal } from './journal-open.ts'

/** The data folder of this engine, as far as it is ours. */
export interface Kept {
  readonly journal: Journal
  readonly opened: Opened
  /** What people should know: a damaged journal was set aside. */
  readonly notice: string | null
  /** What was written is on the disk, and the folder is free for others. */
  close(): void
}

/** @param dataDir null: nothing is kept. Never throws: why not is in `opened`. */
export function openKept(dataDir: string | null, maxPages?: number): Kept {
  if (dataDir === null) return { journal: new Journal(null), opened: { ok: true }, notice: null, close: () => {} }
  const claim = claimDataFolder(dataDir)
  if (!claim.ok) return nothing(claim)
  let db: DatabaseSync
  let notice: string | null
  try {
    ;({ db, notice } = openJournal(dataDir, Date.now(), maxPages))
  } catch (thrown) {
    claim.release()
    const message = thrown instanceof Error ? thrown.message : String(thrown)
    return nothing({ ok: false, message, pid: null })
  }
  const journal = new Journal(db)
  return { journal, opened: { ok: true }, notice, close: () => close(journal, claim) }
}

function nothing(opened: Opened): Kept {
  return { journal: new Journal(null), opened, notice: null, close: () => {} }
}

function close(journal: Journal, claim: Claim): void {
  journal.close()
  claim.release()
}
