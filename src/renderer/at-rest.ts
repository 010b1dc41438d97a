import type { AppState } from './store.ts'

/** The queue as it was told last, of an engine that has ended: nothing of it moves any more. */
export function atRest({ summary, queue }: AppState): Pick<AppState, 'summary' | 'queue'> {
  const still = { bytesPerSecond: 0, etaMs: null }
  return {
    summary: summary && { ...summary, ...still },
    queue: {
      ...queue,
      lines: queue.lines.map((line) => ({ ...line, ...still })),
      headers: queue.headers.map((line) => ({ ...line, ...still })),
    },
  }
}
