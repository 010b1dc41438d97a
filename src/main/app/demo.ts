import { SluiceError } from '../../shared/errors.ts'
import type { DemoWorker } from '../demo/client.ts'

export type DemoBucket = Pick<DemoWorker, 'endpoint' | 'region' | 'bucket' | 'accessKeyId' | 'secretAccessKey'>

/** The demo bucket of this process: started by the first who asks, then shared. */
export class Demo {
  readonly #open: () => Promise<DemoWorker>
  #opening: Promise<DemoWorker> | null = null
  #running: DemoWorker | null = null
  #isClosing = false

  constructor(open: () => Promise<DemoWorker>) {
    this.#open = open
  }

  /** Null until `start` has resolved. */
  get running(): DemoBucket | null {
    return this.#running
  }

  /** Throws with a sentence for people, for instance when another Sluice uses the folder. */
  async start(): Promise<DemoBucket> {
    try {
      if (this.#isClosing) throw new Error('Sluice is closing.')
      this.#opening ??= this.#open()
      this.#running = await this.#opening
      return this.#running
    } catch (error) {
      // The next click may find the port or the disk free again.
      this.#opening = null
      throw new SluiceError(
        { code: 'internal', message: error instanceof Error ? error.message : String(error) },
        error,
      )
    }
  }

  /** Ends it, also one that is still starting. None starts afterwards. */
  async close(): Promise<void> {
    this.#isClosing = true
    const worker = await this.#opening?.catch(() => null)
    await worker?.close()
  }
}
