import { z } from 'zod'

/** What a test found out about a server by a few small requests, kept with the destination and used by its uploads. */
export const serverTraitsSchema = z.strictObject({
  /**
   * CRC-32 headers: 'checked' a wrong one is refused; 'kept' it is stored and told, not checked; 'ignored' neither;
   * 'refused' requests that have one fail.
   */
  checksums: z.enum(['checked', 'kept', 'ignored', 'refused']),
  /** `If-None-Match: *` of a key that exists: 'ignored' replaced the object, 'refused' knows no such header. */
  conditionalWrites: z.enum(['honoured', 'ignored', 'refused']),
  /** Parts of an upload can be listed, so that an upload goes on after a crash. */
  listParts: z.boolean(),
  /** The server's clock less this computer's; null: it does not tell the time. */
  clockOffsetMs: z.number().int().nullable(),
  /**
   * A request signed for another region: 'told' the right one is named, 'ignored' it succeeds, 'untold' it is refused
   * without a word about regions. null: not looked at, or the answer says neither.
   */
  region: z.enum(['told', 'ignored', 'untold']).nullable().default(null),
})
export type ServerTraits = z.infer<typeof serverTraitsSchema>
