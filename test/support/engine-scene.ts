import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { DemoOptions, DemoServer } from '../../src/main/demo/server.ts'
import type {
  AddBatch,
  EngineDestination,
  EngineEvent,
  EngineOptions,
  TransferEnd,
  TransferOptions,
} from '../../src/main/engine/api.ts'
import { EngineClient } from '../../src/main/engine/client.ts'
import { startTestDemo } from './demo-bucket.ts'
import { FarSide } from './far-side.ts'
import { tempFolder } from './temp-folder.ts'

export const MiB = 1024 * 1024

/** The real threads, started from source. */
export const sourceWorkers = {
  engine: new URL('../../src/main/engine/engine-start.ts', import.meta.url),
  sender: new URL('../../src/main/engine/sender.ts', import.meta.url).pathname,
}

export const DEFAULTS: TransferOptions = {
  partBytes: 5 * MiB,
  multipartThresholdBytes: 5 * MiB,
  checksum: 'crc32',
  onExists: 'skip-same',
  giveUpAfterMs: null,
}

export function destinationOf(server: DemoServer, changes: Partial<EngineDestination> = {}): EngineDestination {
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = server
  return {
    id: 'd',
    endpoint,
    region,
    bucket,
    pathStyle: true,
    credentials: { kind: 'keys', accessKeyId, secretAccessKey, sessionToken: null },
    caFile: null,
    proxy: null,
    bindAddress: null,
    ...changes,
  }
}

/** An engine with real threads, a demo bucket, and a folder of files; all gone when the scope ends. */
export class EngineScene implements AsyncDisposable {
  readonly engine: EngineClient
  readonly server: DemoServer
  readonly far: FarSide
  readonly folder: string
  readonly events: EngineEvent[] = []
  readonly #dispose: () => Promise<void>
  readonly #checks = new Set<() => void>()

  private constructor(engine: EngineClient, server: DemoServer, folder: string, dispose: () => Promise<void>) {
    this.engine = engine
    this.server = server
    this.far = new FarSide(server)
    this.folder = folder
    this.#dispose = dispose
    engine.onEvent((event) => {
      this.events.push(event)
      for (const check of [...this.#checks]) check()
    })
  }

  static async start(
    options: Partial<EngineOptions> & { readonly demo?: Partial<DemoOptions>; readonly sender?: string } = {},
  ): Promise<EngineScene> {
    const server = await startTestDemo(options.demo)
    const folder = await tempFolder('engine')
    const engine = new EngineClient(
      { ...sourceWorkers, ...(options.sender !== undefined && { sender: options.sender }) },
      {
        connections: 4,
        threads: 1,
        limitBytesPerSecond: null,
        ...options,
      },
    )
    const scene = new EngineScene(engine, server, folder.path, async () => {
      await engine.close()
      scene.far.close()
      await server[Symbol.asyncDispose]()
      await folder[Symbol.asyncDispose]()
    })
    await engine.call('putDestination', destinationOf(server))
    return scene
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#dispose()
  }

  async write(name: string, bytes: Uint8Array | string): Promise<string> {
    const path = join(this.folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
    return path
  }

  /** Queues one file or folder: `key` is the whole key of a file, the prefix of a folder. */
  async add(
    path: string,
    key: string,
    options: Partial<TransferOptions> = {},
    batch: Partial<AddBatch> = {},
  ): Promise<void> {
    await this.engine.call('addBatch', {
      destinationId: 'd',
      sources: [{ path, keyOrPrefix: key }],
      options: { ...DEFAULTS, ...options },
      include: [],
      exclude: [],
      start: 'at-once',
      ...batch,
    })
  }

  /** The first event (past ones included) that `match` accepts. */
  event<T extends EngineEvent['type']>(
    type: T,
    match: (event: Extract<EngineEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<EngineEvent, { type: T }>> {
    const find = () =>
      this.events.find(
        (event): event is Extract<EngineEvent, { type: T }> => event.type === type && match(event as never),
      )
    return new Promise((resolve) => {
      const check = () => {
        const found = find()
        if (found === undefined) return
        this.#checks.delete(check)
        resolve(found)
      }
      this.#checks.add(check)
      check()
    })
  }

  async end(key: string): Promise<TransferEnd> {
    return (await this.event('ended', ({ end }) => end.key === key)).end
  }

  /** Resolves once `condition` holds, asked again at every event (progress comes four times a second). */
  async until(condition: () => boolean | Promise<boolean>): Promise<void> {
    while (!(await condition())) {
      await new Promise<void>((resolve) => {
        const check = () => {
          this.#checks.delete(check)
          resolve()
        }
        this.#checks.add(check)
      })
    }
  }

  async sentBytes(): Promise<number> {
    return (await this.engine.call('stats', null)).sentBytes
  }

  /** Requests that the server has ended, by operation. */
  requests(operation: string): readonly DemoServer['log'][number][] {
    return this.server.log.filter((request) => request.operation === operation)
  }
}
