import type { Handlers, Hello } from '../../shared/contract.ts'
import type { EngineClient } from '../engine/client.ts'
import type { Destinations } from './destinations.ts'
import type { LimitKeeper } from './limit-keeper.ts'
import { queueHandlers } from './queue-handlers.ts'
import type { QuotaKeeper } from './quota-keeper.ts'
import type { Settings } from './settings.ts'
import type { Shell } from './shell.ts'

export interface HandlerParts {
  readonly engine: EngineClient
  readonly settings: Settings
  readonly destinations: Destinations
  readonly limits: LimitKeeper
  readonly quotas: QuotaKeeper
  readonly shell: Shell
  readonly version: string
  /** What went wrong before the window opened. */
  readonly notices: readonly string[]
}

/** One function a command, total by type. */
export function createHandlers(parts: HandlerParts): Handlers {
  const { engine, settings, destinations, limits, quotas, shell } = parts
  return {
    ...queueHandlers(engine, destinations, settings, shell),
    hello: () => hello(parts),
    subscribe: (viewport) => engine.call('subscribe', viewport),
    setLimit: async ({ limitBytesPerSecond }) => {
      await limits.setLimit(limitBytesPerSecond)
      return null
    },
    setPaused: async ({ paused }) => {
      await limits.setPaused(paused)
      return null
    },
    changePlan: (change) => limits.change(change),
    changeQuotas: (change) => quotas.change(change),
    startDemo: () => destinations.startDemo(),
    saveDestination: ({ destination, secret }) => destinations.save(destination, secret),
    removeDestination: async ({ id }) => {
      await destinations.remove(id)
      await quotas.forgetDestination(id)
      return null
    },
    selectDestination: async ({ id }) => {
      destinations.select(id)
      return null
    },
    testDestination: async ({ destination, secret }) =>
      await engine.call('testDestination', await destinations.forTest(destination, secret)),
    unblockDestination: (input) => engine.call('unblockDestination', input),
    saveSettings: async (change) => {
      if (change.connections !== undefined) await engine.call('setConnections', { connections: change.connections })
      settings.update(withoutUndefined(change))
      return settings.values
    },
  }
}

async function hello({
  engine,
  settings,
  destinations,
  quotas,
  notices,
  shell,
  version,
}: HandlerParts): Promise<Hello> {
  // Waits for the engine: what it was asked at the start is answered by then.
  const samples = await engine.call('samples', null)
  return {
    version,
    shell: shell.kind,
    platform: process.platform,
    capabilities: { nativeDialogs: shell.dialogs !== null },
    settings: settings.values,
    destinations: destinations.list(),
    quotas: quotas.views,
    notices,
    samples,
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>
}
