/** Arrivals at a receiver, on the monotonic clock that all processes of a machine share. */

export const BIN_MS = 10
const BIN_NS = BIN_MS * 1_000_000
/** A write that is longer than a segment (64 KiB on loopback) may be read in pieces: what comes so soon after belongs to it. */
const WRITE_NS = 1_000_000n
/** So many of the writes at each end are not in the mean: the very first and last are what was left of a quantum. */
const ENDS = 1 / 100

/** The transfer is what lies between the first and the last byte of a body; calls before and after it are not in it. */
export interface Arrivals {
  /** `process.hrtime.bigint()` of the first body byte, as a decimal; null when none came. */
  readonly firstNs: string | null
  /** From one write to another, near the ends: what the mean is taken of. */
  readonly seconds: number
  /** Bytes at the socket, heads included, after the one and up to the other: n writes at a rate take n − 1 intervals. */
  readonly bytes: number
  /** Bytes after the first write, all of them, in bins of BIN_MS from `firstNs`. */
  readonly bins: readonly number[]
  /** The same, for each connection. */
  readonly binsOfConnections: readonly (readonly number[])[]
}

/** When bodies came, and how much of each: told by whoever reads the requests. */
export class Bodies {
  #firstNs: bigint | null = null
  #lastNs = 0n
  readonly #bytesOfKeys = new Map<string, number>()

  /** `bytes` of the body of `key` have just come. */
  body(key: string, bytes: number): void {
    this.#bytesOfKeys.set(key, (this.#bytesOfKeys.get(key) ?? 0) + bytes)
    this.#lastNs = process.hrtime.bigint()
    this.#firstNs ??= this.#lastNs
  }

  get bytesOfKeys(): Record<string, number> {
    return Object.fromEntries(this.#bytesOfKeys)
  }

  /** Of the first and of the last byte of a body; null when none came. */
  get times(): BodyTimes | null {
    return this.#firstNs === null ? null : { firstNs: String(this.#firstNs), lastNs: String(this.#lastNs) }
  }
}

/** On the monotonic clock, as decimals, which go from process to process. */
export interface BodyTimes {
  readonly firstNs: string
  readonly lastNs: string
}

/** Stamps what is read from sockets. */
export class Recorder {
  readonly #log: { readonly connection: object; readonly bytes: number; readonly atNs: bigint }[] = []

  /** Bytes of any kind were read from `connection`. */
  arrived(connection: object, bytes: number, atNs = process.hrtime.bigint()): void {
    this.#log.push({ connection, bytes, atNs })
  }

  /**
   * The first write starts the clock. What comes with or before it (heads, calls, a TLS handshake) is not counted, nor what
   * comes after the last.
   */
  arrivals(times: BodyTimes | null): Arrivals {
    if (times === null) return { firstNs: null, seconds: 0, bytes: 0, bins: [], binsOfConnections: [] }
    const firstNs = BigInt(times.firstNs)
    const lastNs = BigInt(times.lastNs)
    const count = Math.ceil(Number(lastNs - firstNs) / BIN_NS)
    const bins = new Array<number>(count).fill(0)
    const binsOfConnections = new Map<object, number[]>()
    const counted = this.#log.filter(({ atNs }) => atNs > firstNs + WRITE_NS && atNs <= lastNs)
    for (const { connection, bytes, atNs } of counted) {
      const own = binsOfConnections.get(connection) ?? new Array<number>(count).fill(0)
      binsOfConnections.set(connection, own)
      const bin = Math.floor(Number(atNs - firstNs) / BIN_NS)
      bins[bin] = (bins[bin] ?? 0) + bytes
      own[bin] = (own[bin] ?? 0) + bytes
    }
    const writes = [{ atNs: firstNs, bytes: 0 }, ...writesOf(counted)]
    const ends = Math.floor(writes.length * ENDS)
    const inMean = writes.slice(ends, writes.length - ends)
    return {
      firstNs: times.firstNs,
      seconds: Number((inMean.at(-1)?.atNs ?? 0n) - (inMean[0]?.atNs ?? 0n)) / 1e9,
      bytes: inMean.slice(1).reduce((sum, { bytes }) => sum + bytes, 0),
      bins,
      binsOfConnections: [...binsOfConnections.values()],
    }
  }
}

/** What was read within WRITE_NS is one write. */
function writesOf(reads: readonly { readonly atNs: bigint; readonly bytes: number }[]) {
  const writes: { readonly atNs: bigint; bytes: number }[] = []
  for (const { atNs, bytes } of reads) {
    const last = writes.at(-1)
    if (last !== undefined && atNs <= last.atNs + WRITE_NS) last.bytes += bytes
    else writes.push({ atNs, bytes })
  }
  return writes
}
