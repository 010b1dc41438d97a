import type { Output } from './output.ts'
import type { Reporter } from './reporter.ts'

/** One JSON object a line, for programs: the shapes of `--json` in the README. */
export function jsonReporter(output: Output): Reporter {
  const tell = (value: object): void => output.line(JSON.stringify(value))
  return {
    queued: ({ path, key, sizeBytes }) => tell({ type: 'queued', path, key, sizeBytes }),
    progress: ({ atMs, sentBytes, confirmedBytes, totalBytes, bytesPerSecond, limitBytesPerSecond, limitedBy }) => {
      const moved = { sentBytes, confirmedBytes, totalBytes, bytesPerSecond }
      tell({ type: 'progress', atMs, ...moved, limitBytesPerSecond, limitedBy })
    },
    usedUp: ({ name, used, amount, unit, blockedUntilMs }) =>
      tell({ type: 'quota', name, used, amount, unit, blockedUntilMs }),
    ended: ({ path, key, phase, sizeBytes, etag, versionId, checksum, verified, resentBytes, error }) =>
      tell({
        type: 'transfer',
        path,
        key,
        phase,
        sizeBytes,
        etag,
        ...(versionId !== null && { versionId }),
        checksum: checksum && { algorithm: checksum.algorithm, value: checksum.value },
        verified,
        resentBytes,
        ...(error !== null && { error: { code: error.code, message: error.message } }),
      }),
    summary: (summary) => {
      const { completed, failed, skipped, unfinished, bytes, resentBytes, seconds } = summary
      const { requests, retries, throttled, meanRequestMs } = summary
      const outcome = { completed, failed, skipped, unfinished, bytes, resentBytes, seconds }
      tell({ type: 'summary', ...outcome, requests, retries, throttled, meanRequestMs })
    },
  }
}
