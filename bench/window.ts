import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Page } from 'playwright/test'
import { findBrowser, thisMachine } from '../src/main/app/find-browser.ts'
import type { HostBridge, QueueSummary } from '../src/shared/contract.ts'
import { dropFiles } from '../test/e2e/support-drop.ts'
import { launchChromium } from '../test/e2e/support-launch.ts'
import { direct } from './support/direct.ts'
import { makeSmallFiles, workFolder } from './support/scene.ts'
import { goal, table } from './support/table.ts'

/**
 * A folder of 10 000 files is dropped on the built window in a real Chromium. While they are scanned and uploaded to the
 * demo bucket, the page measures itself: the gaps between its animation frames, and how long a command takes to the
 * engine's thread and back. Everything runs on this one machine: browser, host, engine, senders and the bucket.
 */
export interface WindowOptions {
  readonly files: number
  /** Stops looking after this long, finished or not. */
  readonly longestMs: number
}

export const WINDOW_DEFAULTS: WindowOptions = { files: 10_000, longestMs: 90_000 }
const FILE_BYTES = 4096
const GOAL_MS = 100
const IDLE_MS = 2_000
const DROPPED = 'dropped'

/** What the page has measured since it was last asked. */
interface PageFigures {
  readonly frameGapsMs: number[]
  readonly roundTripsMs: number[]
}

export async function windowAnswers({ files, longestMs }: WindowOptions): Promise<string> {
  const title = `## ${files} files dropped on the window`
  if (findBrowser(thisMachine) === null) return `${title}\nnot installed: apt-get install chromium`
  await using work = await workFolder()
  const folder = await makeSmallFiles(join(work.path, DROPPED), files, FILE_BYTES)
  const complaints: string[] = []
  const running = await launchChromium({
    dataDir: join(work.path, 'data'),
    onComplaint: (text) => complaints.push(text),
  })
  try {
    let summary: QueueSummary | null = null
    running.chromium?.app.onEvent((event) => {
      if (event.type === 'patch') summary = event.patch.summary
    })
    const page = running.page()
    await page.getByRole('button', { name: /^Try the demo bucket/ }).click()
    await page.getByRole('button', { name: 'Destination: Demo bucket' }).waitFor()
    await page.evaluate(measureInPage)
    const hostDelay = monitorEventLoopDelay({ resolution: 5 })
    hostDelay.enable()

    await sleep(IDLE_MS)
    const idle = await take(page)
    hostDelay.reset()
    const beganAt = performance.now()
    await dropFiles(page, [folder])
    const counts = () => (summary as QueueSummary | null)?.counts
    const scanned = () => counts() !== undefined && summary?.scanning === 0 && total(counts()) >= files
    while (!scanned() && performance.now() - beganAt < longestMs) await sleep(20)
    const scanSeconds = (performance.now() - beganAt) / 1000
    const scan = await take(page)
    while ((counts()?.completed ?? 0) < files && performance.now() - beganAt < longestMs) await sleep(50)
    const allSeconds = (performance.now() - beganAt) / 1000
    const upload = await take(page)
    const hostWorstMs = hostDelay.max / 1e6

    const rows = [
      rowOf('idle, before the drop', idle),
      rowOf(`drop and scan, ${scanSeconds.toFixed(1)} s`, scan),
      rowOf(`upload, until ${allSeconds.toFixed(1)} s`, upload),
    ]
    const both = (pick: (figures: PageFigures) => number[]) => Math.max(...pick(scan), ...pick(upload))
    const done = counts()?.completed ?? 0
    return [
      `${title}\n${done} of ${files} uploaded; the host's thread was late by at most ${hostWorstMs.toFixed(0)} ms\n`,
      table(['phase', 'frames', 'longest frame gap ms', 'p99', 'commands', 'longest round trip ms', 'p99'], rows),
      '',
      goal(
        'the longest frame gap',
        both(({ frameGapsMs }) => frameGapsMs),
        GOAL_MS,
        ' ms',
        0,
      ),
      goal(
        'the longest round trip of a command',
        both(({ roundTripsMs }) => roundTripsMs),
        GOAL_MS,
        ' ms',
        0,
      ),
      ...complaints,
    ].join('\n')
  } finally {
    await running.close()
  }
}

/** Runs in the page, from now on. */
function measureInPage(): void {
  const figures = { frameGapsMs: [] as number[], roundTripsMs: [] as number[] }
  const scope = globalThis as unknown as { sluice: HostBridge; benchTake: () => typeof figures }
  let last = performance.now()
  const frame = () => {
    const now = performance.now()
    figures.frameGapsMs.push(now - last)
    last = now
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
  const ask = async () => {
    const began = performance.now()
    // Nothing is paused, so it changes nothing; but it goes the whole way, to the engine's thread.
    await scope.sluice.call('setPaused', { paused: false })
    figures.roundTripsMs.push(performance.now() - began)
    setTimeout(ask, 25)
  }
  void ask()
  scope.benchTake = () => ({ frameGapsMs: figures.frameGapsMs.splice(0), roundTripsMs: figures.roundTripsMs.splice(0) })
}

function take(page: Page): Promise<PageFigures> {
  return page.evaluate(() => (globalThis as unknown as { benchTake: () => PageFigures }).benchTake())
}

function rowOf(name: string, { frameGapsMs, roundTripsMs }: PageFigures): string[] {
  const figures = (values: number[]) => [
    String(values.length),
    Math.max(0, ...values).toFixed(0),
    (values.toSorted((a, b) => a - b)[Math.floor(values.length * 0.99)] ?? 0).toFixed(0),
  ]
  return [name, ...figures(frameGapsMs), ...figures(roundTripsMs)]
}

function total(counts: QueueSummary['counts'] | undefined): number {
  return Object.values(counts ?? {}).reduce((sum, count) => sum + count, 0)
}

await direct(import.meta, async () => {
  const { values } = parseArgs({ options: { files: { type: 'string' }, seconds: { type: 'string' } } })
  const { files, longestMs } = WINDOW_DEFAULTS
  return await windowAnswers({
    files: Number(values.files ?? files),
    longestMs: values.seconds === undefined ? longestMs : Number(values.seconds) * 1000,
  })
})
