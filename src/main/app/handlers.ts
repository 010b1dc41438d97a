import { setTimeout as sleep } from 'node:timers/promises'
import type { Handlers, Hello } from '../../shared/contract.ts'
import type { EngineClient } from '../engine/client.ts'
import type { Destinations } from './destinations.ts'
import type { DiagnosticsFacts, LastFailures } from './diagnostics.ts'
import { writeDiagnostics } from './diagnostics.ts'
import { historyHandlers } from './history-handlers.ts'
import type { LimitKeeper } from './limit-keeper.ts'
import { recentLines } from './log.ts'
import { openUploadHandlers } from './open-upload-handlers.ts'
import { listProfiles } from './profiles.ts'
import { queueHandlers } from './queue-handlers.ts'
import type { QuotaKeeper } from './quota-keeper.ts'
import { makeSample } from './sample-file.ts'
import type { Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'
import type { Shell } from './shell.ts'
import type { Troubles } from './troubles.ts'

/** How long a window waits for what a keyring holds; what comes later is told as an event. */
const RESTORE_MS = 2_000

export interface HandlerParts {
  readonly engine: EngineClient
  readonly settings: Settings
  readonly secrets: Secrets
  readonly destinations: Destinations
  readonly limits: LimitKeeper
  readonly quotas: QuotaKeeper
  readonly shell: Shell
  readonly version: string
  readonly dataDir: string
  readonly failures: LastFailures
  /** Files that the program was asked to open: handed out once. */
  readonly takeOpenedPaths: () => readonly string[]
  /** What went wrong before the window opened. */
  readonly notices: readonly string[]
  readonly troubles: Troubles
}

/** One function a command, total by type. */
export function createHandlers(parts: HandlerParts): Handlers {
  const { engine, settings, destinations, limits, quotas, shell } = parts
  return {
    ...queueHandlers(engine, destinations, settings, shell),
    ...historyHandlers(engine, shell),
    ...openUploadHandlers(engine, destinations),
    hello: () => hello(parts),
    makeSample: async () => ({ path: await makeSample(parts.dataDir) }),
    takeOpenedPaths: async () => ({ paths: parts.takeOpenedPaths() }),
    subscribe: (viewport) => engine.call('subscribe', viewport),
    setLimit: async ({ limitBytesPerSecond }) => {
      await limits.setLimit(limitBytesPerSecond)
      return null
    },
    setPaused: async ({ paused }) => {
      await limits.setPaused(paused)
      return null
    },
    networkChanged: () => engine.call('networkChanged', null),
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
    listProfiles,
    exportDiagnostics: async () => ({
      path: await writeDiagnostics(parts.dataDir, await diagnosticsFacts(parts), Date.now()),
    }),
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
  secrets,
  destinations,
  quotas,
  notices,
  troubles,
  shell,
  version,
}: HandlerParts): Promise<Hello> {
  await Promise.race([destinations.secretsRestored, sleep(RESTORE_MS, null, { ref: false })])
  // Waits for the engine: what it was asked at the start is answered by then. One that is gone is among the troubles.
  const samples = await engine.call('samples', null).catch(() => [])
  return {
    version,
    shell: shell.kind,
    platform: process.platform,
    capabilities: { nativeDialogs: shell.dialogs !== null },
    settings: settings.values,
    destinations: destinations.list(),
    secretPlace: secrets.place,
    quotas: quotas.views,
    notices,
    troubles: troubles.list,
    samples,
  }
}

async function diagnosticsFacts(parts: HandlerParts): Promise<DiagnosticsFacts> {
  const { version, shell, settings, secrets, destinations, engine, failures } = parts
  const blocked = destinations.list().flatMap(({ id, blocked: error }) => (error === null ? [] : [[id, error.message]]))
  return {
    version,
    shell: shell.kind,
    settings: settings.values,
    secretPlace: secrets.place,
    blocked: Object.fromEntries(blocked),
    // An engine that is gone is one of the reasons to ask for a report.
    stats: await engine.call('stats', null).catch(() => null),
    errors: failures.list,
    logLines: recentLines(),
  }
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, entry]) => entry !== undefined)) as Defined<T>
}
