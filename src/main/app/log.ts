import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { redact } from '../../shared/redact.ts'

/**
 * What went wrong, for a maintainer: on stderr, in `sluice.log` of the data folder once `keepLogIn` was called, and the
 * last lines in memory for a diagnostics report. Everything passes `redact` first.
 */

const FILE_NAME = 'sluice.log'
const OLD_FILE_NAME = 'sluice.old.log'
/** A file that has grown beyond this is set aside at the next start, in place of the one before it. */
const MAX_FILE_BYTES = 1024 * 1024
const KEPT_LINES = 200
const MAX_LINE_LENGTH = 4_000

let file: string | null = null
const recent: string[] = []

/** From now on lines are kept in `folder`. A disk that refuses costs the log, never the app. */
export function keepLogIn(folder: string): void {
  file = join(folder, FILE_NAME)
  try {
    mkdirSync(folder, { recursive: true })
    if (statSync(file).size > MAX_FILE_BYTES) renameSync(file, join(folder, OLD_FILE_NAME))
  } catch {
    // It is not there yet.
  }
}

/** An error that nobody foresaw, with its stack and causes. */
export function logError(error: unknown): void {
  const text = redact(inspect(error, { depth: 4 }))
  console.error(text)
  keep(text)
}

/** What would end the process with a raw stack on stderr is logged first, without secrets; `end` decides what follows. */
export function onCrash(end: (error: unknown) => void): void {
  process.on('uncaughtException', (error) => {
    logError(error)
    end(error)
  })
}

/** One line, of the file only. */
export function logLine(text: string): void {
  keep(redact(text))
}

/** The last lines of this process, oldest first. */
export function recentLines(): readonly string[] {
  return recent
}

/** The last lines that any process kept in `folder`. */
export function keptLines(folder: string): readonly string[] {
  try {
    const lines = readFileSync(join(folder, FILE_NAME), 'utf8').trimEnd().split('\n')
    // They were redacted by the version that wrote them; this one may know better.
    return lines.slice(-KEPT_LINES).map(redact)
  } catch {
    return []
  }
}

function keep(text: string): void {
  const line = `${new Date().toISOString()} ${text.replaceAll('\n', ' ⏎ ').slice(0, MAX_LINE_LENGTH)}`
  recent.push(line)
  if (recent.length > KEPT_LINES) recent.shift()
  if (file === null) return
  try {
    appendFileSync(file, `${line}\n`, { mode: 0o600 })
  } catch {
    // See keepLogIn.
  }
}
