import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Fault } from '../../src/main/demo/faults.ts'
import type { DemoOptions, DemoServer } from '../../src/main/demo/server.ts'
import type { AddBatch, EngineOptions, TransferOptions } from '../../src/main/engine/api.ts'
import { startTestDemo } from './demo-bucket.ts'
import { EngineChild } from './engine-child.ts'
import { DEFAULTS, destinationOf } from './engine-scene.ts'
import { FarSide } from './far-side.ts'
import { tempFolder } from './temp-folder.ts'

/** A demo bucket, files and a data folder that outlive one engine after the other. */
export class RestartScene implements AsyncDisposable {
  readonly server: DemoServer
  readonly far: FarSide
  readonly folder: string
  readonly dataDir: string
  readonly #engines: EngineChild[] = []
  readonly #dispose: () => Promise<void>

  private constructor(server: DemoServer, folder: string, dispose: () => Promise<void>) {
    this.server = server
    this.far = new FarSide(server)
    this.folder = join(folder, 'files')
    this.dataDir = join(folder, 'data')
    this.#dispose = dispose
  }

  static async start(demo: Partial<DemoOptions> = {}): Promise<RestartScene> {
    const server = await startTestDemo(demo)
    const folder = await tempFolder('restart')
    const scene = new RestartScene(server, folder.path, async () => {
      await scene.killAll()
      scene.far.close()
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    })
    await mkdir(scene.folder)
    return scene
  }

  /** Another process on the same data folder. */
  engine(options: Partial<EngineOptions> = {}, env: Record<string, string> = {}): EngineChild {
    const engine = new EngineChild({ dataDir: this.dataDir, ...options }, env)
    this.#engines.push(engine)
    return engine
  }

  /** A process at work on the whole folder. */
  async begun(options: Partial<EngineOptions> = {}, transfers: Partial<TransferOptions> = {}): Promise<EngineChild> {
    const engine = this.engine(options)
    await engine.call('putDestination', destinationOf(this.server))
    await engine.call('addBatch', this.batch(transfers))
    return engine
  }

  /** A new process that restores and is given its destination, as every shell does at its start. */
  async restarted(options: Partial<EngineOptions> = {}): Promise<EngineChild> {
    const engine = this.engine(options)
    await engine.call('restore', null)
    await engine.call('putDestination', destinationOf(this.server))
    return engine
  }

  async killAll(): Promise<void> {
    for (const engine of this.#engines) await engine.kill()
  }

  async write(name: string, bytes: Uint8Array | string): Promise<string> {
    const path = join(this.folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
    return path
  }

  /** The whole folder under the prefix `p/`. */
  batch(options: Partial<TransferOptions> = {}, changes: Partial<AddBatch> = {}): AddBatch {
    return {
      destinationId: 'd',
      sources: [{ path: this.folder, keyOrPrefix: 'p/' }],
      options: { ...DEFAULTS, ...options },
      include: [],
      exclude: [],
      start: 'at-once',
      ...changes,
    }
  }

  /** Resolves once the server has ended so many requests of a kind, also of earlier processes. */
  async requests(operation: string, count: number): Promise<void> {
    while (this.count(operation) < count) await sleep(5)
  }

  /** The server takes no part from this one on, until `setFaults([])`: an upload stays under way for that long. */
  holdFrom(partNumber: number): readonly Fault[] {
    const hold = { kind: 'delay', ms: 3_600_000 } as const
    const held = Array.from({ length: 20 }, (_, index) => partNumber + index)
    const faults = held.map((part): Fault => ({ on: 'UploadPart', partNumber: part, times: null, do: hold }))
    this.server.setFaults(faults)
    return faults
  }

  /** Resolves once nothing in the journal is unfinished. */
  async finished(engine: EngineChild): Promise<void> {
    const open = async () => (await engine.call('batches', null)).some((batch) => batch.finishedAtMs === null)
    while (await open()) await sleep(20)
  }

  count(operation: string): number {
    return this.server.log.filter((request) => request.operation === operation && request.status === 200).length
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#dispose()
  }
}
