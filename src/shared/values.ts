import { z } from 'zod'
import type { ERROR_CODES } from './errors.ts'

/** Small values that messages and settings share. `null` bytes per second means unlimited, 0 means paused. */

export const id = z.string().min(1).max(64)
export const path = z.string().min(1).max(32_768)
/** null is unlimited; the floor is 1 KiB/s; 0 is refused here because pause is a command of its own. */
export const rate = z.number().int().min(1024).max(1e12).nullable()

export interface ErrorView {
  readonly code: (typeof ERROR_CODES)[number] | 'bad-input'
  readonly message: string
  readonly detail?: string
  /** With `wrong-region`: the one that the server named. */
  readonly region?: string
}
