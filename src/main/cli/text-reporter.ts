import { formatBytes, formatDuration, formatRate } from '../../shared/units.ts'
import type { Output } from './output.ts'
import { printable } from './output.ts'
import { usedUpLine } from './quota-flags.ts'
import type { Ended, Progress, Reporter, Summary } from './reporter.ts'

const BAR_WIDTH = 24
/** In a pipe: often enough to see life in a log, seldom enough not to fill it. */
const PLAIN_PROGRESS_MS = 10_000

export interface TextOptions {
  readonly quiet: boolean
  readonly dryRun: boolean
}

/** For people: a bar on a terminal, plain lines in a pipe; failures go to stderr in both. */
export function textReporter(output: Output, { quiet, dryRun }: TextOptions): Reporter {
  let lastPlainMs = 0
  const say = (line: string): void => {
    if (!quiet) output.line(line)
  }
  const placed = (path: string, key: string | null, bucket: string): string =>
    key === null ? printable(path) : `${printable(path)} → s3://${bucket}/${printable(key)}`
  return {
    queued: ({ path, key, bucket, sizeBytes }) => {
      if (dryRun) say(`would upload  ${placed(path, key, bucket)} (${formatBytes(sizeBytes ?? 0)})`)
    },
    progress: (progress) => {
      if (quiet || dryRun) return
      if (output.hasBar) output.bar(barLine(progress, output.columns))
      else if (lastPlainMs === 0) lastPlainMs = progress.atMs
      else if (progress.atMs - lastPlainMs >= PLAIN_PROGRESS_MS) {
        lastPlainMs = progress.atMs
        say(progressText(progress))
      }
    },
    usedUp: (quota) => {
      if (!dryRun) say(usedUpLine(quota, quota.blockedUntilMs ?? Date.now(), Date.now()))
    },
    ended: (end) => {
      if (end.error !== null) output.complain(`${printable(end.path)}: ${end.error.message}`)
      else say(`${end.phase.padEnd(9)}  ${placed(end.path, end.key, end.place.bucket)}${remark(end)}`)
    },
    summary: (summary) => {
      output.bar(null)
      say(summaryText(summary))
    },
  }
}

function remark({ phase, sizeBytes, verified }: Ended): string {
  if (phase === 'skipped') return ' (there already)'
  if (phase !== 'completed' || sizeBytes === null) return ''
  return ` (${formatBytes(sizeBytes)}, ${verified === 'checksum' ? 'checksum verified' : verified === 'size' ? 'size verified' : 'accepted'})`
}

/**
 * Bytes at the socket move the share and the amount, or they would stand still for a whole part and then jump; all
 * 100 % only when the server has confirmed all.
 */
function moved(
  { sentBytes, confirmedBytes }: Progress,
  totalBytes: number,
): {
  readonly share: number
  readonly bytes: number
} {
  const bytes = Math.min(totalBytes, Math.max(sentBytes, confirmedBytes))
  if (confirmedBytes >= totalBytes) return { share: 1, bytes }
  return { share: Math.min(0.99, bytes / totalBytes), bytes }
}

function progressText(progress: Progress): string {
  const { totalBytes, bytesPerSecond, limitBytesPerSecond, etaMs, filesEnded, filesTotal } = progress
  if (filesTotal === 0) return 'looking at the files'
  const rate = limitBytesPerSecond === 0 ? 'paused' : formatRate(bytesPerSecond)
  const limit = limitBytesPerSecond ? ` (limit ${formatRate(limitBytesPerSecond)})` : ''
  if (totalBytes === null)
    return `${formatBytes(Math.max(progress.sentBytes, progress.confirmedBytes))}, ${rate}${limit}`
  const { share, bytes } = moved(progress, totalBytes)
  const eta = etaMs === null || limitBytesPerSecond === 0 ? '' : `, ${formatDuration(etaMs)} left`
  const amount = `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`
  return `${Math.floor(share * 100)}% ${amount}, ${rate}${limit}${eta}, ${filesEnded} of ${filesTotal} files`
}

/** `columns` wide at most: a line that wraps cannot be drawn over. */
export function barLine(progress: Progress, columns: number): string {
  const { totalBytes, filesTotal } = progress
  if (totalBytes === null) return progressText(progress).slice(0, columns - 1)
  const filled = filesTotal === 0 ? 0 : Math.round(moved(progress, totalBytes).share * BAR_WIDTH)
  const bar = `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`
  return `${bar} ${progressText(progress)}`.slice(0, columns - 1)
}

function summaryText(summary: Summary): string {
  const { completed, failed, skipped, unfinished, bytes, resentBytes, seconds, leftOut, emptyFolders, dryRun } = summary
  const files = (count: number): string => `${count} ${count === 1 ? 'file' : 'files'}`
  const first = dryRun
    ? `${files(unfinished)} would be uploaded; nothing was sent`
    : `Uploaded ${files(completed)}, ${formatBytes(bytes)}, in ${seconds.toFixed(1)} s`
  const others: [number, string][] = [
    [skipped, 'skipped'],
    [failed, 'failed'],
    [dryRun ? 0 : unfinished, 'unfinished'],
    [leftOut, 'left out'],
    [emptyFolders, emptyFolders === 1 ? 'empty folder' : 'empty folders'],
  ]
  const twice = resentBytes > 0 ? [`${formatBytes(resentBytes)} sent twice`] : []
  return [first, ...others.filter(([count]) => count > 0).map(([count, what]) => `${count} ${what}`), ...twice].join(
    ', ',
  )
}
