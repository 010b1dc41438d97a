import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { EngineEvent, EngineMethod, EngineMethods, EngineOptions } from '../../src/main/engine/api.ts'

const ENTRY = fileURLToPath(new URL('engine-child-entry.ts', import.meta.url))

type Message =
  | { readonly event: EngineEvent }
  | { readonly id: number; readonly output?: unknown; readonly refusal?: string }

/** An engine that can be killed as a process can: nothing of it is left but what it wrote. */
export class EngineChild implements AsyncDisposable {
  readonly child: ChildProcess
  readonly events: EngineEvent[] = []
  readonly #waiting = new Map<number, { resolve: (output: never) => void; reject: (reason: Error) => void }>()
  readonly #checks = new Set<() => void>()
  readonly #exited: Promise<unknown>
  #nextId = 1

  constructor(options: Partial<EngineOptions>, env: Record<string, string> = {}) {
    const whole: EngineOptions = { connections: 4, threads: 1, limitBytesPerSecond: null, ...options }
    this.child = fork(ENTRY, [JSON.stringify(whole)], {
      serialization: 'advanced',
      execPath: process.execPath,
      env: { ...process.env, ...env },
    })
    this.#exited = once(this.child, 'exit').then(() => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the process of the engine has ended'))
      this.#waiting.clear()
      for (const check of [...this.#checks]) check()
    })
    this.child.on('message', (message: Message) => this.#receive(message))
  }

  call<M extends EngineMethod>(method: M, input: EngineMethods[M]['input']): Promise<EngineMethods[M]['output']> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.child.send({ id, method, input }, (error) => error && reject(error))
    })
  }

  /** Resolves with the first event (past ones included) that `passes`; with null when the process ends without one. */
  event<T extends EngineEvent['type']>(
    type: T,
    passes: (event: Extract<EngineEvent, { type: T }>) => boolean = () => true,
  ): Promise<Extract<EngineEvent, { type: T }> | null> {
    return new Promise((resolve) => {
      const check = () => {
        const found = this.events.find(
          (event): event is Extract<EngineEvent, { type: T }> => event.type === type && passes(event as never),
        )
        if (found === undefined && this.alive) return
        this.#checks.delete(check)
        resolve(found ?? null)
      }
      this.#checks.add(check)
      check()
    })
  }

  /** kill -9, and nothing before it. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL')
    await this.#exited
  }

  get alive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill()
  }

  #receive(message: Message): void {
    if ('event' in message) {
      this.events.push(message.event)
      for (const check of [...this.#checks]) check()
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if (message.refusal === undefined) waiting?.resolve(message.output as never)
    else waiting?.reject(new Error(message.refusal))
  }
}
