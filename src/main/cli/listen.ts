import { createInterface } from 'node:readline'
import type { ControlAnswer } from './control.ts'
import { controlLine } from './control.ts'
import type { Output } from './output.ts'
import type { Run } from './run.ts'

/**
 * Connects what runs to signals, to `--control` and to the reader of stdout. Returns a function that undoes it.
 * @param current the run that is at work: several may follow each other
 */
export function listen(current: () => Run | null, control: boolean, output: Output): () => void {
  const interrupt = (): void => current()?.interrupt()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, interrupt)
  output.onClosed(() => current()?.readerGone())
  const lines = control ? createInterface({ input: process.stdin, terminal: false }) : null
  let turn: Promise<void> = Promise.resolve()
  lines?.on('line', (line) => {
    // One after another, so that the answers keep the order of the lines.
    turn = turn.then(async () => output.line(JSON.stringify(await answer(line, current()))))
  })
  return () => {
    for (const signal of signals) process.off(signal, interrupt)
    lines?.close()
  }
}

async function answer(line: string, run: Run | null): Promise<ControlAnswer> {
  return run === null ? { type: 'control', line, ok: false, error: 'nothing is running' } : controlLine(line, run)
}
