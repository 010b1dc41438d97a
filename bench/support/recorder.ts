/** Arrivals at a receiver, on the monotonic clock that all processes of a machine share. */

export const BIN_MS = 10
const BIN_NS = BIN_MS * 1_000_000

/** The transfer is what lies between the first and the last byte of a body; calls before and after it are not in it. */
export interface Arrivals {
  /** `process.hrtime.bigint()` of the first body byte, as a decimal; null when none came. */
  readonly firstNs: string | null
  readonly seconds: number
  /** Bytes at the socket, heads included, after the first arrival and up to the last. */
  readonly bytes: number
  /** The same bytes, in bins of BIN_MS from `firstNs`. */
  readonly bins: readonly number[]
  /** The same, for each connection. */
  readonly binsOfConnections: readonly (readonly number[])[]
}

/**
 * The first arrival starts the clock and is not counted: n arrivals at a rate take n − 1 intervals. What comes with
 * or before it (heads, calls, a TLS handshake) is not counted either.
 */
export class Recorder {
  #firstNs: bigint | null = null
  #lastNs = 0n
  #bytes = 0
  #bytesAtLast = 0
  #bins: number[] = []
  readonly #connections = new Map<object, number[]>()
  readonly #keys = new Map<string, number>()

  /** Bytes of any kind were read from `connection`. */
  arrived(connection: object, bytes: number): void {
    if (this.#firstNs === null) return
    const bin = Math.floor(Number(process.hrtime.bigint() - this.#firstNs) / BIN_NS)
    let own = this.#connections.get(connection)
    if (own === undefined) {
      own = []
      this.#connections.set(connection, own)
    }
    this.#bytes += bytes
    add(this.#bins, bin, bytes)
    add(own, bin, bytes)
  }

  /** `bytes` of what arrived last belong to the body of `key`. */
  body(key: string, bytes: number): void {
    this.#keys.set(key, (this.#keys.get(key) ?? 0) + bytes)
    this.#lastNs = process.hrtime.bigint()
    this.#firstNs ??= this.#lastNs
    this.#bytesAtLast = this.#bytes
  }

  bytesOfKeys(): Record<string, number> {
    return Object.fromEntries(this.#keys)
  }

  arrivals(): Arrivals {
    const nanoseconds = this.#firstNs === null ? 0 : Number(this.#lastNs - this.#firstNs)
    const bins = Math.ceil(nanoseconds / BIN_NS)
    return {
      firstNs: this.#firstNs === null ? null : String(this.#firstNs),
      seconds: nanoseconds / 1e9,
      bytes: this.#bytesAtLast,
      bins: filled(this.#bins, bins),
      binsOfConnections: [...this.#connections.values()].map((own) => filled(own, bins)),
    }
  }
}

function add(bins: number[], bin: number, bytes: number): void {
  for (let at = bins.length; at <= bin; at++) bins.push(0)
  bins[bin] = (bins[bin] ?? 0) + bytes
}

function filled(bins: readonly number[], count: number): number[] {
  return Array.from({ length: count }, (_, bin) => bins[bin] ?? 0)
}
