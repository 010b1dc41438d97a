import type { PageRequest } from '../shared/bridge-wire.ts'
import type { CommandResult, DroppedFile, HostBridge, HostEvent } from '../shared/contract.ts'

/** The globals that page and shell meet at. */
interface PageGlobals {
  /** The exposed binding; there before this script runs. */
  sluiceHost(request: PageRequest): Promise<unknown>
  /** The shell looks these up over the DevTools protocol, the only way to a dropped file's path. */
  sluiceFiles: readonly DroppedFile[]
  /** Called by the shell with one event as JSON: a string crosses many times faster than an object. */
  sluiceReceive(json: string): void
  sluice: HostBridge
}

const page = globalThis as unknown as PageGlobals
const listeners = new Set<(event: HostEvent) => void>()

page.sluiceReceive = (json) => {
  const event = JSON.parse(json) as HostEvent
  for (const listener of listeners) listener(event)
}

/** `sluiceFiles` holds the files of one question, so questions wait for each other. */
let questions: Promise<unknown> = Promise.resolve()

async function askPaths(files: readonly DroppedFile[]): Promise<string[]> {
  page.sluiceFiles = files
  try {
    return (await page.sluiceHost({ kind: 'paths', count: files.length })) as string[]
  } finally {
    page.sluiceFiles = []
  }
}

page.sluice = Object.freeze<HostBridge>({
  call: async (name, input) => (await page.sluiceHost({ kind: 'call', name, input })) as CommandResult<typeof name>,
  onEvent: (listener) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  pathsOf: (files) => {
    const paths = questions.then(() => askPaths(files))
    questions = paths.catch(() => null)
    return paths
  },
})
