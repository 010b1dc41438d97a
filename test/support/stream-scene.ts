import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import type { DemoServer } from '../../src/main/demo/server.ts'
import type { EngineEvent, TransferEnd, TransferOptions } from '../../src/main/engine/api.ts'
import { BatchIntake } from '../../src/main/engine/batch-intake.ts'
import { Engine } from '../../src/main/engine/engine.ts'
import { startTestDemo } from '../support/demo-bucket.ts'
import { DEFAULTS, destinationOf, sourceWorkers } from '../support/engine-scene.ts'
import { FarSide } from '../support/far-side.ts'

/** The engine in this thread, so that a test may bring any source of bytes; its senders are real threads. */
export class StreamScene implements AsyncDisposable {
  readonly server: DemoServer & AsyncDisposable
  readonly far: FarSide
  readonly engine: Engine
  readonly events: EngineEvent[] = []
  readonly #intake: BatchIntake

  private constructor(server: DemoServer & AsyncDisposable, limitBytesPerSecond: number | null) {
    this.server = server
    this.far = new FarSide(server)
    const emit = (event: EngineEvent) => void this.events.push(event)
    const options = { connections: 4, threads: 1, limitBytesPerSecond }
    this.engine = new Engine(options, sourceWorkers.sender, emit, () => {})
    this.engine.putDestination(destinationOf(server))
    this.#intake = new BatchIntake(this.engine, emit)
  }

  static async start(limitBytesPerSecond: number | null = null): Promise<StreamScene> {
    return new StreamScene(await startTestDemo(), limitBytesPerSecond)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.dispatcher.terminate()
    this.far.close()
    await this.server[Symbol.asyncDispose]()
  }

  begin(source: AsyncIterable<Uint8Array>, options: Partial<TransferOptions> = {}): void {
    const transfer = this.#intake.addStream({ destinationId: 'd', key: 'k', options: { ...DEFAULTS, ...options } })
    this.engine.addStream(transfer, source)
  }

  async upload(source: AsyncIterable<Uint8Array>, options: Partial<TransferOptions> = {}): Promise<TransferEnd> {
    this.begin(source, options)
    return this.end()
  }

  async end(): Promise<TransferEnd> {
    for (;;) {
      const ended = this.events.find((event) => event.type === 'ended')
      if (ended !== undefined) return ended.end
      await sleep(20)
    }
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(10)
  }

  /** Nothing is left of an upload that did not complete. */
  async expectNothing(): Promise<void> {
    await this.engine.calls.abortsDone()
    expect(await this.far.openUploads()).toEqual([])
    expect(await this.far.keys()).toEqual([])
    expect(this.engine.idle).toBe(true)
  }

  requests(operation: string): number {
    return this.server.log.filter((request) => request.operation === operation).length
  }
}

/** Pieces of odd sizes, from one buffer that is used again: whoever keeps a piece keeps wrong bytes. */
export async function* pieces(bytes: Uint8Array, sizes: readonly number[] = [1, 65_536, 777, 1_000_003]) {
  const buffer = new Uint8Array(Math.max(...sizes))
  for (let at = 0, turn = 0; at < bytes.byteLength; turn++) {
    const piece = bytes.subarray(at, at + (sizes[turn % sizes.length] ?? 1))
    buffer.set(piece)
    yield buffer.subarray(0, piece.byteLength)
    buffer.fill(0)
    at += piece.byteLength
  }
}

/** Gives `bytes` and then nothing more, and no end, until it is left. */
export function endless(bytes: Uint8Array): AsyncIterable<Uint8Array> & { readonly left: () => boolean } {
  let left = false
  let given = false
  const iterator: AsyncIterator<Uint8Array> = {
    next: () => {
      if (given) return new Promise(() => {})
      given = true
      return Promise.resolve({ done: false, value: bytes })
    },
    return: async () => {
      left = true
      return { done: true, value: undefined }
    },
  }
  return { [Symbol.asyncIterator]: () => iterator, left: () => left }
}
