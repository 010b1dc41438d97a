import type { StoredObject } from './object-proof.ts'
import type { Transfer, Work } from './transfer-record.ts'

/** What a job was for, beside the bytes. */
export interface JobRecord {
  readonly transfer: Transfer
  /** The attempt that it belongs to; an outcome for an older one changes nothing. */
  readonly work: Work
  /** 0 for a comparison. */
  readonly partNumber: number
  /** The destination's when the job began. */
  readonly generation: number
  readonly compared: Compared | null
}

/** The object that a file is compared with. */
export interface Compared {
  readonly stored: StoredObject
  /** An earlier try of ours, whose answer was lost, may have put it there. */
  readonly mayBeOurs: boolean
  /** It is looked at because an earlier run may have sent it. */
  readonly earlierRun?: true
}
