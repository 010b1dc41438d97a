import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { CommandResult, HostEvent } from '../../shared/contract.ts'
import { startDemoWorker } from '../demo/client.ts'
import type { EngineEvent, EngineOptions, ScanTotals, WorkerPaths } from '../engine/api.ts'
import { EngineClient } from '../engine/client.ts'
import type { Activity, BatchOutcome } from './activity.ts'
import { activityOf, BatchWatch, outcomeText } from './activity.ts'
import { defaultDataDir } from './data-dir.ts'
import { Demo } from './demo.ts'
import { Destinations } from './destinations.ts'
import { LastFailures } from './diagnostics.ts'
import { dispatch } from './dispatch.ts'
import { createHandlers } from './handlers.ts'
import type { OpenSettingsFile } from './kept-file.ts'
import type { PlanStore } from './limit-keeper.ts'
import { LimitKeeper } from './limit-keeper.ts'
import { keepLogIn, logError, logLine } from './log.ts'
import { QuotaCounts } from './quota-counts.ts'
import type { QuotaStore } from './quota-keeper.ts'
import { QuotaKeeper } from './quota-keeper.ts'
import type { OpenSecretStore } from './secrets.ts'
import { Secrets } from './secrets.ts'
import { Settings } from './settings.ts'
import type { Shell } from './shell.ts'
import { Troubles } from './troubles.ts'

/** The threads' entry files: sources in tests, built chunks in the product. */
export interface AppWorkerPaths extends WorkerPaths {
  readonly demo: string | URL
}

export interface AppOptions {
  readonly shell: Shell
  readonly workerPaths: AppWorkerPaths
  /** Holds the settings and the demo bucket's objects; made when missing. */
  readonly dataDir: string
  readonly openSettingsFile: OpenSettingsFile
  /** Where typed keys may be kept, the best first; none of them: asked in each session. */
  readonly secretStores: readonly OpenSecretStore[]
  readonly version: string
  /** For tests of a full disk. */
  readonly engine?: Pick<EngineOptions, 'journalMaxPages'>
}

/** Delivers one event to one window. A patch counts as taken when the promise settles. */
export type EventListener = (event: HostEvent) => void | Promise<void>

/** What every shell carries to and from its window. */
export interface App {
  /** A call from a window, unparsed. Never rejects. */
  dispatch(name: unknown, input: unknown): Promise<CommandResult>
  /** Returns a function that stops listening. */
  onEvent(listener: EventListener): () => void
  /** Files and folders that the program was started or asked to open with, by absolute path: the window adds them. */
  openPaths(paths: readonly string[]): void
  /** Told about once a second, whether or not a window is open. */
  onActivity(listener: (activity: Activity) => void): void
  /** Told once as each batch ends. */
  onBatchEnded(listener: (outcome: BatchOutcome) => void): void
  /** Transfers that closing now would interrupt. */
  unfinishedCount(): Promise<number>
  /** Resolves when nothing is left that could still move by itself. */
  whenIdle(): Promise<void>
  /** Nothing new starts, settings are written, the threads end. The next start goes on with what is left. */
  close(): Promise<void>
}

/** Trays and task bars need no more than this. */
const ACTIVITY_MS = 900

/** A person who quits does not wait longer than this for a server that has stopped answering. */
const STOP_WAIT_MS = 10_000

/** The composition root: engine, settings, destinations and demo bucket behind one door, whatever shows the window. */
export function createApp(options: AppOptions): App {
  const { shell, workerPaths, dataDir, openSettingsFile, version } = options
  const stateDir = defaultDataDir(process.platform, process.env, homedir())
  keepLogIn(dataDir)
  const listeners = new Set<EventListener>()
  const notices: string[] = []
  const tell = async (event: HostEvent) => {
    await Promise.allSettled([...listeners].map(async (listener) => await listener(event)))
  }
  const notify = (level: 'info' | 'error', message: string) => {
    if (level === 'error') logLine(message)
    // Nobody is there yet to be told: the window hears of it when it opens.
    if (listeners.size === 0) notices.push(message)
    return tell({ type: 'notice', level, message })
  }

  const troubles = new Troubles((list) => void tell({ type: 'troubles', troubles: list }))
  const settings = new Settings(dataDir, openSettingsFile, Date.now(), (message) => notify('error', message))
  const { connections } = settings.values
  const engineOptions = { connections, limitBytesPerSecond: null, threads: null, dataDir, stateDir, ...options.engine }
  const engine = new EngineClient(workerPaths, engineOptions, { restarts: true })
  const limits = new LimitKeeper(planIn(settings), engine, (plan) => void tell({ type: 'plan', plan }))
  void limits.follow()
  const counts = new QuotaCounts(dataDir, openSettingsFile, Date.now())
  const quotas = new QuotaKeeper(
    quotasIn(settings),
    counts,
    engine,
    (views) => void tell({ type: 'quotas', quotas: views }),
    (message) => void notify('error', message),
  )
  const demo = new Demo(() => startDemoWorker(workerPaths.demo, { dir: join(dataDir, 'demo-bucket') }))
  const secrets = new Secrets(options.secretStores, (message) => void notify('error', message))
  const failures = new LastFailures()
  const destinations = new Destinations(settings, secrets, engine, demo, () => {
    const selectedId = settings.values.selectedDestinationId
    void tell({ type: 'destinations', destinations: destinations.list(), selectedId })
  })
  for (const message of [...settings.notices, counts.notice]) if (message !== null) troubles.put('set-aside', message)
  let openedPaths: readonly string[] = []
  const takeOpenedPaths = () => {
    const paths = openedPaths
    openedPaths = []
    return paths
  }
  const handlers = createHandlers({
    takeOpenedPaths,
    engine,
    settings,
    secrets,
    destinations,
    limits,
    quotas,
    shell,
    version,
    dataDir,
    failures,
    notices,
    troubles,
  })

  const activityListeners: ((activity: Activity) => void)[] = []
  const batchListeners: ((outcome: BatchOutcome) => void)[] = []
  const batches = new BatchWatch()
  let toldAtMs = 0
  const receive = async (event: EngineEvent) => {
    for (const outcome of batches.receive(event)) {
      for (const listener of batchListeners) listener(outcome)
      void tell({ type: 'batch-ended', failed: outcome.failed, text: outcomeText(outcome) })
    }
    switch (event.type) {
      case 'patch':
        await tell(event)
        await engine.call('patchTaken', null)
        break
      case 'progress':
        if (event.atMs - toldAtMs < ACTIVITY_MS) break
        toldAtMs = event.atMs
        for (const listener of activityListeners) listener(activityOf(event.stats))
        break
      case 'quotas':
        quotas.receive(event.quotas)
        break
      case 'destination':
        destinations.setBlocked(event.id, event.error)
        if (event.error !== null) logLine(`${event.error.code}: ${event.error.message} ${event.error.detail ?? ''}`)
        break
      case 'ended':
        if (event.end.error !== null) failures.add({ ...event.end.error, atMs: Date.now(), key: event.end.key })
        break
      case 'notice':
        if (event.about !== undefined && event.level === 'error') {
          logLine(event.message)
          troubles.put(event.about, event.message)
          break
        }
        if (event.about !== undefined) troubles.clear(event.about)
        await notify(event.level, event.message)
        break
      case 'restarting':
        logLine(`Uploads were interrupted: ${event.reason}`)
        // Whether its journal can be written is for the new one to say.
        troubles.clear('stuck')
        troubles.put('engine-restarting', event.reason)
        break
      case 'scanned':
        for (const message of scanNotices(event.totals)) await notify('error', message)
        break
      case 'restarted':
        troubles.clear('engine-restarting')
        await quotas.begin()
        await notify('info', 'Uploads go on from where they were.')
        break
      case 'dead':
        logLine(`Uploads have ended: ${event.message}`)
        troubles.clear('engine-restarting', 'stuck')
        troubles.put('engine-dead', event.message)
    }
  }
  let closing = false
  engine.onEvent((event) => {
    receive(event).catch((error) => closing || logError(error))
  })
  quotas.begin().catch((error) => closing || logError(error))
  restoreWork(engine, destinations, troubles).then(
    (sentences) => sentences.forEach((sentence) => void notify('error', sentence)),
    (error) => closing || logError(error),
  )

  return {
    dispatch: (name, input) => dispatch(handlers, name, input),
    onEvent: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    onActivity: (listener) => void activityListeners.push(listener),
    onBatchEnded: (listener) => void batchListeners.push(listener),
    openPaths: (paths) => {
      if (paths.length === 0) return
      openedPaths = [...openedPaths, ...paths]
      void tell({ type: 'opened-paths' })
    },
    unfinishedCount: async () => (await engine.call('stats', null)).unfinished,
    whenIdle: async () => {
      const idle = new Promise<void>((resolve) => {
        engine.onEvent((event) => (event.type === 'idle' || event.type === 'dead') && resolve())
      })
      // It may have come to rest before anybody listened.
      if (!(await engine.call('isIdle', null))) await idle
    },
    close: async () => {
      closing = true
      settings.flush()
      // A dead engine has nothing left to stop.
      const stopped = engine.call('stop', { now: true }).catch(() => null)
      const counted = stopped.then(() => quotas.save()).catch(() => null)
      await Promise.race([counted, setTimeout(STOP_WAIT_MS, null, { ref: false })])
      await engine.close()
      await Promise.race([secrets.settled(), setTimeout(STOP_WAIT_MS, null, { ref: false })])
      await demo.close()
    },
  }
}

/**
 * What an earlier run left goes on by itself, as soon as its destinations can be used.
 * Answers sentences about what cannot go on, and why.
 */
async function restoreWork(engine: EngineClient, destinations: Destinations, troubles: Troubles): Promise<string[]> {
  const opened = await engine.call('opened', null)
  if (!opened.ok) {
    troubles.put('unkept', opened.message)
    return []
  }
  const sentences: string[] = []
  const restored = await engine.call('restore', null)
  for (const { id } of restored.destinations) {
    try {
      await destinations.ready(id)
    } catch (error) {
      sentences.push(`Uploads of an earlier run wait: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  return sentences
}

/** What a walk found that nobody would otherwise learn of. */
function scanNotices({ problems, problemCount, duplicateKeys }: ScanTotals): string[] {
  const notices: string[] = []
  const [first] = problems
  if (first !== undefined && problemCount === 1) notices.push(`${first.path} was left out: ${first.error.message}`)
  else if (first !== undefined)
    notices.push(`${problemCount} items were left out; the first: ${first.path}: ${first.error.message}`)
  for (const { key, paths } of duplicateKeys.slice(0, 1)) {
    notices.push(`${paths[0]} and ${paths[1]} would both become ${key}, so only the first was added.`)
  }
  return notices
}

/** The plan as the settings keep it. */
function planIn(settings: Settings): PlanStore {
  return {
    get plan() {
      return settings.values.limitPlan
    },
    set plan(limitPlan) {
      settings.update({ limitPlan })
    },
  }
}

function quotasIn(settings: Settings): QuotaStore {
  return {
    get quotas() {
      return settings.values.quotas
    },
    set quotas(quotas) {
      settings.update({ quotas: [...quotas] })
    },
  }
}
