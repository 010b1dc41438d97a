import type { SumAlgorithm } from '../../shared/transfer.ts'
import { md5OfEtag } from './checksum-names.ts'
import type { Summer } from './checksums.ts'
import { encodeCrc32, openSummer } from './checksums.ts'
import { crc32, loadNativeCrcs } from './crc32.ts'
import type { LaneTools } from './lane-tools.ts'
import type { PartThere, PutJob } from './sender-protocol.ts'
import type { SourceFile } from './source-file.ts'

/** What the bytes must turn out to be. */
export interface Promised {
  readonly checksum: { readonly algorithm: SumAlgorithm; readonly value: string } | null
  /** 0 without checksums. */
  readonly crc32: number
}

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
   * @param inMemory the bytes stay in the buffer, to be sent from there
   */
  async beforehand(job: PutJob, file: SourceFile, inMemory: boolean, signal: AbortSignal): Promise<Promised> {
    const { buffer } = this.#tools
    const { checksum: algorithm } = job
    if (algorithm === 'none') {
      if (inMemory) await this.#tools.read(file, buffer.subarray(0, job.bytes), job.offset)
      return { checksum: null, crc32: 0 }
    }
    if (!inMemory) await loadNativeCrcs()
    const summer = algorithm === 'crc32' ? null : await this.summer(algorithm)
    summer?.begin()
    let sum = 0
    await this.#readThrough(job, file, signal, (view) => {
      sum = crc32(view, sum)
      summer?.update(view)
    })
    return { checksum: { algorithm, value: summer?.end() ?? encodeCrc32(sum) }, crc32: sum }
  }

  /** Whether what the server holds in the part's place are the bytes that were promised. `inMemory` as in `beforehand`. */
  async isThere(
    there: PartThere,
    job: PutJob,
    file: SourceFile,
    { checksum }: Promised,
    inMemory: boolean,
    signal: AbortSignal,
  ): Promise<boolean> {
    if (there.checksum !== null) return there.checksum === checksum?.value
    const expected = md5OfEtag(there.etag)
    if (expected === null) return false
    if (job.checksum === 'md5') return expected === checksum?.value
    const summer = await this.summer('md5')
    summer.begin()
    if (inMemory) summer.update(this.#tools.buffer.subarray(0, job.bytes))
    else await this.#readThrough(job, file, signal, (view) => summer.update(view))
    return summer.end() === expected
  }

  async #readThrough(
    job: PutJob,
    file: SourceFile,
    signal: AbortSignal,
    see: (view: Uint8Array) => void,
  ): Promise<void> {
    const { buffer } = this.#tools
    for (let at = 0; at < job.bytes; at += buffer.byteLength) {
      signal.throwIfAborted()
      const view = buffer.subarray(0, Math.min(buffer.byteLength, job.bytes - at))
      await this.#tools.read(file, view, job.offset + at)
      see(view)
    }
  }
}
