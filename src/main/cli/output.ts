import { redact } from '../../shared/redact.ts'

/** Where the command line writes. One place, because a closed pipe and a progress bar concern every line. */
export interface Output {
  /** One line on stdout. */
  line(text: string): void
  /** One sentence on stderr. */
  complain(sentence: string): void
  /** Draws over the line before it; only where `hasBar`. null takes the bar away. */
  bar(text: string | null): void
  /** stdout is a terminal that can redraw a line. */
  readonly hasBar: boolean
  readonly columns: number
  /** Calls back once when nobody reads stdout any more. */
  onClosed(listener: () => void): void
  /** Resolves when all was handed to the system; pipes are asynchronous on some. */
  flush(): Promise<void>
}

const CLEAR_LINE = '\r\u001b[K'

export function processOutput(): Output {
  const { stdout, stderr } = process
  const hasBar = stdout.isTTY === true && process.env.TERM !== 'dumb'
  let shown = ''
  let closed = false
  let tellClosed = () => {}
  stdout.on('error', () => {
    closed = true
    tellClosed()
  })
  // Nobody is left to tell.
  stderr.on('error', () => {})
  const write = (text: string): void => {
    if (!closed) stdout.write(text)
  }
  return {
    hasBar,
    get columns() {
      return stdout.columns || 80
    },
    line: (text) => write(shown === '' ? `${text}\n` : `${CLEAR_LINE}${text}\n${shown}`),
    complain: (text) => {
      if (shown !== '') write(CLEAR_LINE)
      const sentence = redact(text)
      stderr.write(`sluice: ${sentence}${/[.!?]$/.test(sentence) ? '' : '.'}\n`)
      if (shown !== '') write(shown)
    },
    bar: (text) => {
      if (!hasBar || text === shown) return
      shown = text ?? ''
      write(`${CLEAR_LINE}${shown}`)
    },
    onClosed: (listener) => {
      tellClosed = listener
    },
    flush: () => new Promise((resolve) => (closed ? resolve() : stdout.write('', () => resolve()))),
  }
}

/** Names may hold anything; control characters would move the cursor or break the one line. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not reach a terminal
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?')
}
