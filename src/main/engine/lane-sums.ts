import type { SumAlgorithm } from '../../shared/transfer.ts'
import { md5OfEtag } from './checksum-names.ts'
import type { Summer } from './checksums.ts'
import { encodeCrc32, openSummer } from './checksums.ts'
import { crc32, loadNativeCrcs } from './crc32.ts'
import { BLOCK_BYTES } from './held-bytes.ts'
import type { LaneTools } from './lane-tools.ts'
import type { PartThere, PutJob } from './sender-protocol.ts'
import type { SourceFile } from './source-file.ts'

/** What the bytes must turn out to be. */
export interface Promised {
  readonly checksum: { readonly algorithm: SumAlgorithm; readonly value: string } | null
  /** 0 without checksums. */
  readonly crc32: number
  /** Of the bytes that were kept, which are sent from memory. */
  readonly keptCrc32: number
}

/** What sums need of a file. */
type SumSource = Pick<SourceFile, 'read' | 'readThrough'>

/** The sums of one connection's jobs. */
export class LaneSums {
  readonly #tools: LaneTools
  /** One of each algorithm that was ever asked for. */
  readonly #summers = new Map<SumAlgorithm, Summer>()

  constructor(tools: LaneTools) {
    this.#tools = tools
  }

  async summer(algorithm: SumAlgorithm): Promise<Summer> {
    const summer = this.#summers.get(algorithm) ?? (await openSummer(algorithm))
    this.#summers.set(algorithm, summer)
    return summer
  }

  /**
   * The checksum that goes into the header, before the first byte goes out, and the CRC-32 that the bytes must have
   * again when they are written: whatever the algorithm, it is the cheapest way to see that they are the same.
   * As many of the bytes as there is memory for are kept, to be sent from there.
   */
  async beforehand(job: PutJob, file: SumSource, signal: AbortSignal): Promise<Promised> {
    const { checksum: algorithm } = job
    const isSmall = job.bytes <= BLOCK_BYTES
    if (algorithm === 'none') {
      if (isSmall) await this.#readThrough(job, file, { from: 0, keep: true }, signal, () => {})
      return { checksum: null, crc32: 0, keptCrc32: 0 }
    }
    if (!isSmall) await loadNativeCrcs()
    const summer = algorithm === 'crc32' ? null : await this.summer(algorithm)
    summer?.begin()
    let sum = 0
    let keptCrc32 = 0
    await this.#readThrough(job, file, { from: 0, keep: true }, signal, (view, isKept) => {
      sum = crc32(view, sum)
      if (isKept) keptCrc32 = sum
      summer?.update(view)
    })
    return { checksum: { algorithm, value: summer?.end() ?? encodeCrc32(sum) }, crc32: sum, keptCrc32 }
  }

  /** Whether what the server holds in the part's place are the bytes that were promised. */
  async isThere(
    there: PartThere,
    job: PutJob,
    file: SumSource,
    { checksum }: Promised,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (there.checksum !== null) return there.checksum === checksum?.value
    const expected = md5OfEtag(there.etag)
    if (expected === null) return false
    if (job.checksum === 'md5') return expected === checksum?.value
    const summer = await this.summer('md5')
    summer.begin()
    const { held } = this.#tools
    for (const view of held.kept) summer.update(view)
    await this.#readThrough(job, file, { from: held.bytes, keep: false }, signal, (view) => summer.update(view))
    return summer.end() === expected
  }

  /** The bodies of a thread's connections one after another: the first is sent while the next is read. */
  #readThrough(
    job: PutJob,
    file: SumSource,
    { from, keep }: { readonly from: number; readonly keep: boolean },
    signal: AbortSignal,
    see: (view: Uint8Array, isKept: boolean) => void,
  ): Promise<void> {
    const { buffer, held } = this.#tools
    const read = async () => {
      for (let at = from; at < job.bytes; at += BLOCK_BYTES) {
        signal.throwIfAborted()
        const bytes = Math.min(BLOCK_BYTES, job.bytes - at)
        const kept = keep ? held.keep(at, bytes, job.bytes) : null
        const view = kept ?? buffer.subarray(0, bytes)
        await this.#tools.read(file, view, job.offset + at)
        see(view, kept !== null)
      }
    }
    return job.bytes <= BLOCK_BYTES ? read() : file.readThrough(read, signal)
  }
}
