import type { ReceiptEntry } from '../../shared/receipt.ts'
import { ObjectReader } from '../engine/object-reader.ts'
import type { CliContext } from './context.ts'
import { readDestination } from './destination.ts'
import type { EndpointFlags } from './endpoint-flags.ts'

/** One reader for each bucket that a receipt names. A flag wins over the receipt, which wins over the environment. */
export class ObjectReaders {
  readonly #flags: EndpointFlags
  readonly #context: CliContext
  readonly #readers = new Map<string, Promise<ObjectReader>>()

  constructor(flags: EndpointFlags, context: CliContext) {
    this.#flags = flags
    this.#context = context
  }

  /** @throws SluiceError without credentials, Error with one sentence for what is wrong with the flags */
  of({ endpoint, region, bucket }: ReceiptEntry): Promise<ObjectReader> {
    const id = JSON.stringify([endpoint, region, bucket])
    let reader = this.#readers.get(id)
    if (reader === undefined) {
      reader = this.#open(id, bucket, {
        ...this.#flags,
        endpoint: this.#flags.endpoint ?? endpoint,
        region: this.#flags.region ?? region,
      })
      this.#readers.set(id, reader)
    }
    return reader
  }

  async close(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#readers.values())) {
      if (opened.status === 'fulfilled') opened.value.close()
    }
  }

  async #open(id: string, bucket: string, flags: EndpointFlags): Promise<ObjectReader> {
    const destination = await readDestination(id, bucket, flags, this.#context)
    if (typeof destination === 'string') throw new Error(destination)
    return ObjectReader.open(destination)
  }
}
