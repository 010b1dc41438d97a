import { EventEmitter } from 'node:events'
import { Preventable, state } from './state.ts'

/** Resolved by the driver. Electron, too, gets ready only after its main module has been evaluated to the end. */
export const mainEvaluated = Promise.withResolvers<void>()

class App extends EventEmitter {
  readonly isPackaged = false
  /** What this start would hand over to one that runs already. */
  lockData: unknown = null
  getAppPath(): string {
    return state.appPath
  }
  requestSingleInstanceLock(data?: unknown): boolean {
    state.order.push('lock')
    this.lockData = structuredClone(data)
    return state.hasInstanceLock
  }
  async whenReady(): Promise<void> {
    await mainEvaluated.promise
    state.order.push('ready')
  }
  getPath(): string {
    return state.userData
  }
  getVersion(): string {
    return '0.0.0-stand-in'
  }
  quit(): void {
    const event = new Preventable()
    this.emit('before-quit', event)
    if (!event.defaultPrevented) process.exit(0)
  }
  exit(code: number): void {
    process.exit(code)
  }
}
export const app = new App()

export const protocol = {
  registerSchemesAsPrivileged(schemes: unknown[]): void {
    state.order.push('schemes')
    state.schemes.push(...structuredClone(schemes))
  },
  handle(scheme: string, handler: (request: Request) => Promise<Response>): void {
    state.protocols.set(scheme, handler)
  },
}

export const dialog = {
  async showOpenDialog(options: unknown): Promise<{ canceled: boolean; filePaths: string[] }> {
    state.dialogsShown.push(structuredClone(options))
    const filePaths = state.openDialogAnswers.shift() ?? []
    return { canceled: filePaths.length === 0, filePaths }
  },
  async showMessageBox(options: unknown): Promise<{ response: number }> {
    state.dialogsShown.push(structuredClone(options))
    const response = state.messageBoxAnswers.shift()
    if (response === undefined) throw new Error('nobody is there to answer this question')
    return { response }
  },
}

/** electron-store takes it from the module, and never uses it here. */
export const powerMonitor = new EventEmitter()

export const shell = {}
