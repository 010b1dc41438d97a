/**
 * Rates, sizes and durations as people write and read them: one grammar for the window, the
 * command line and the settings.
 *
 * Number + unit, space optional. `B KB MB GB TB` and bare `k M G T` are powers of 1000 bytes, `KiB MiB GiB TiB`
 * of 1024, `b Kb Mb Gb kbit Mbit Gbit kbps Mbps Gbps` bits; a bare number is bytes. A rate may end in `/s`, `/min`,
 * `/h` or `/day`. Spellings that people read in two ways, such as `mb`, are refused with both readings named.
 */

export type Parsed<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string }

/** The lowest limit that can be kept without a server giving up on a silent connection. */
export const MIN_LIMIT_BYTES_PER_SECOND = 1024
