import { parseDuration, parseRate } from '../../shared/units.ts'

/** What a line of `--control` can do. */
export interface Controls {
  setLimit(limitBytesPerSecond: number | null): Promise<unknown>
  /** Then back to what was. */
  limitFor(limitBytesPerSecond: number | null, durationMs: number): Promise<unknown>
  setPaused(paused: boolean): Promise<unknown>
  pauseFor(durationMs: number): Promise<unknown>
  /** Tells the progress at once. */
  status(): Promise<unknown>
  /** Like the first Ctrl-C, then like the second. */
  quit(): void
}

export interface ControlAnswer {
  readonly type: 'control'
  readonly line: string
  readonly ok: boolean
  readonly error?: string
}

const USAGE = 'use limit RATE, pause (both also with "for DURATION"), resume, status or quit'

/** Carries out one line and says how it went. Never rejects. */
export async function controlLine(line: string, controls: Controls): Promise<ControlAnswer> {
  const error = await carryOut(line.trim(), controls).catch((reason: Error) => reason.message)
  return { type: 'control', line, ok: error === null, ...(error !== null && { error }) }
}

/** null, or why not. */
async function carryOut(line: string, controls: Controls): Promise<string | null> {
  const [word = '', ...rest] = line.split(/\s+/)
  const argument = rest.join(' ')
  const timed = /^(.*?) ?\bfor\b ?(.*)$/.exec(argument)
  if (word === 'limit') {
    const rate = parseRate(timed?.[1] ?? argument)
    if (!rate.ok) return rate.message
    if (timed === null) await controls.setLimit(rate.value)
    else return forSome(timed[2] ?? '', (durationMs) => controls.limitFor(rate.value, durationMs))
    return null
  }
  if (word === 'pause' && timed?.[1] === '') {
    return forSome(timed[2] ?? '', (durationMs) => controls.pauseFor(durationMs))
  }
  if (argument !== '')
    return ['pause', 'resume', 'status', 'quit'].includes(word) ? `"${word}" takes nothing more` : USAGE
  switch (word) {
    case 'pause':
      await controls.setPaused(true)
      return null
    case 'resume':
      await controls.setPaused(false)
      return null
    case 'status':
      await controls.status()
      return null
    case 'quit':
      controls.quit()
      return null
    default:
      return word === '' ? `the line is empty: ${USAGE}` : `unknown command: ${USAGE}`
  }
}

async function forSome(text: string, carryOutFor: (durationMs: number) => Promise<unknown>): Promise<string | null> {
  const duration = parseDuration(text)
  if (!duration.ok) return duration.message
  if (duration.value === 0) return 'a duration must be above 0'
  await carryOutFor(duration.value)
  return null
}
