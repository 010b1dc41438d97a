import type { ChildProcess } from 'node:child_process'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { CommandInput, CommandName, CommandOutput, CommandResult } from '../../src/shared/contract.ts'
import type { Actions } from '../electron/driver.ts'

/** The built Electron shell in a child process, on the stand-in module (test/electron/stand-in.ts). */
export class ElectronRun {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>()
  #nextId = 1
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>

  private constructor(child: ChildProcess) {
    this.#child = child
    this.exited = once(child, 'exit').then(([code]) => code)
    child.on('message', (message: { id: number; value?: unknown; error?: string }) => {
      const waiting = this.#waiting.get(message.id)
      if (message.error === undefined) waiting?.resolve(message.value as never)
      else waiting?.reject(new Error(message.error))
    })
    void this.exited.then((code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the shell ended with ${code}`))
    })
  }

  /** A process that has loaded nothing of the app yet. */
  static async prepare(userData: string, env: Readonly<Record<string, string>> = {}): Promise<ElectronRun> {
    const child = fork(join(import.meta.dirname, '../electron/driver.ts'), {
      serialization: 'advanced',
      // No test writes into the keyring of whoever runs it.
      env: { ...process.env, STAND_IN_USER_DATA: userData, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere', ...env },
    })
    const run = new ElectronRun(child)
    await once(child, 'message')
    return run
  }

  /** A process with its window loaded. */
  static async start(userData: string, env: Readonly<Record<string, string>> = {}): Promise<ElectronRun> {
    const run = await ElectronRun.prepare(userData, env)
    await run.ask('start')
    return run
  }

  ask<A extends keyof Actions>(action: A, ...args: Parameters<Actions[A]>): Promise<Awaited<ReturnType<Actions[A]>>> {
    const id = this.#nextId++
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#child.send({ id, action, args })
    })
  }

  /** A command through the preload's bridge. */
  async call<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandOutput<N>> {
    const result = (await this.ask('call', name as never, input as never)) as CommandResult<N>
    if (!result.ok) throw new Error(result.error.message)
    return result.value
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }
}
