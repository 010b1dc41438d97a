import type { HostEvent, Patch, QueueSort, Viewport } from '../shared/contract.ts'
import type { QueueFilter } from '../shared/queue-filter.ts'
import type { Trouble } from '../shared/trouble.ts'
import { addPaths } from './actions.ts'
import { atRest } from './at-rest.ts'
import { call } from './bridge.ts'
import { latestWins } from './latest-wins.ts'
import { isAllowed, tellBatchEnd } from './notifications.ts'
import type { QueueWindow } from './patches.ts'
import { applyPatch, judge, lineKey } from './patches.ts'
import { sampleHistory } from './samples.ts'
import type { AppState } from './store.ts'
import { getState, lineAt, setState } from './store.ts'
import { showError, showInfo } from './toast-manager.ts'

/** Patches that came while a `subscribe` was under way: they may belong after its answer. */
let held: Patch[] | null = null

/** First contact: draws what the host knows, then follows it. */
export async function connect(): Promise<void> {
  window.sluice.onEvent(receive)
  window.addEventListener('online', () => void call('networkChanged', {}))
  const hello = await call('hello', {})
  if (!hello.ok) {
    setState({ status: { failed: hello.error.message } })
    return
  }
  const { version, shell, platform, capabilities, settings, destinations, quotas, notices, samples, secretPlace } =
    hello.value
  sampleHistory.restore(samples)
  setState({
    status: 'ready',
    version,
    isMac: platform === 'darwin',
    nativeDialogs: capabilities.nativeDialogs,
    appearance: settings.appearance,
    askBeforeUpload: settings.askBeforeUpload,
    notifyBatchEnd: shell === 'chromium' ? settings.notifyBatchEnd && isAllowed() : null,
    isFirstRun: destinations.length === 0,
    plan: settings.limitPlan,
    quotas,
    destinations,
    troubles: hello.value.troubles,
    secretPlace,
    selectedDestinationId: settings.selectedDestinationId,
  })
  for (const notice of notices) showError(notice)
  subscribe(getState().viewport)
  await takeOpenedPaths()
}

/** Files that the program was started or asked to open with. */
async function takeOpenedPaths(): Promise<void> {
  const answer = await call('takeOpenedPaths', {})
  if (answer.ok) await addPaths(answer.value.paths)
}

const subscribe = latestWins(async (viewport: Viewport) => {
  held = []
  const answer = await call('subscribe', viewport)
  const later = held
  held = null
  if (!answer.ok) {
    showError(answer.error.message)
    return
  }
  take(answer.value)
  for (const patch of later) follow(patch)
})

/** Changes what patches carry. Rows of another filter or order are forgotten at once. */
export function lookAt(change: Partial<Viewport>): void {
  const before = getState().viewport
  const viewport = { ...before, ...change }
  if (change.filter !== undefined || change.sort !== undefined || change.search !== undefined) {
    setState((state) => ({
      queue: { ...state.queue, lines: [], headers: [] },
      selection: { kind: 'none' },
      focusIndex: -1,
      anchorIndex: -1,
    }))
  }
  setState({ viewport })
  subscribe(viewport)
}

export function showFilter(filter: QueueFilter): void {
  if (filter !== getState().viewport.filter) lookAt({ filter, firstIndex: 0 })
}

/** What of the filter's list is shown: keys with `search` in them, all for ''. */
export function searchFor(search: string): void {
  if (search !== (getState().viewport.search ?? '')) lookAt({ search, firstIndex: 0 })
}

export function sortBy(sort: QueueSort): void {
  lookAt({ sort, firstIndex: 0 })
}

function receive(event: HostEvent): void {
  switch (event.type) {
    case 'patch':
      sampleHistory.append(event.patch.samples)
      if (held) held.push(event.patch)
      else follow(event.patch)
      return
    case 'destinations':
      setState({ destinations: event.destinations, selectedDestinationId: event.selectedId })
      return
    case 'plan':
      setState({ plan: event.plan })
      return
    case 'quotas':
      setState({ quotas: event.quotas })
      return
    case 'troubles':
      followTroubles(event.troubles)
      return
    case 'opened-paths':
      // Before the first contact is done there is no destination to add them to; it takes them itself.
      if (getState().status === 'ready') void takeOpenedPaths()
      return
    case 'batch-ended':
      tellBatchEnd(event.failed, event.text)
      return
    case 'notice':
      if (event.level === 'error') showError(event.message)
      else showInfo(event.message)
      return
  }
}

function followTroubles(troubles: readonly Trouble[]): void {
  const isRestarting = (list: readonly Trouble[]) => list.some(({ kind }) => kind === 'engine-restarting')
  const wasRestarting = isRestarting(getState().troubles)
  setState({ troubles })
  if (troubles.some(({ kind }) => kind === 'engine-dead')) setState(atRest)
  // The new engine counts its patches from the beginning: measured by the old one's, all of them would be stale.
  else if (wasRestarting && !isRestarting(troubles)) subscribe(getState().viewport)
}

function follow(patch: Patch): void {
  const verdict = judge(getState().queue.revision, patch)
  if (verdict === 'next') take(patch)
  else if (verdict === 'gap') subscribe(getState().viewport)
}

function take(patch: Patch): void {
  sampleHistory.append(patch.samples)
  setState((state) => {
    const queue = applyPatch(state.queue, patch)
    return {
      queue,
      summary: patch.summary,
      focusIndex: focusAfter(state, queue),
      ...(state.desiredLimit === patch.summary.limitBytesPerSecond && { desiredLimit: undefined }),
    }
  })
}

/** The focus stays on its line when the order changes, and inside the list when that becomes shorter. */
function focusAfter(state: AppState, after: QueueWindow): number {
  const focused = lineAt(state, state.focusIndex)
  const key = focused && lineKey(focused)
  const moved = after.lines.findIndex((line) => lineKey(line) === key)
  return moved >= 0 ? after.firstIndex + moved : Math.min(state.focusIndex, after.lineCount - 1)
}
