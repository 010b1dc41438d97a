import { setTimeout as sleep } from 'node:timers/promises'
import { sluice } from '../support/clients.ts'
import type { Run } from '../support/measured-run.ts'
import { start } from '../support/measured-run.ts'
import type { Receiver } from './bench.ts'

/** Ours while it runs, steered through `--control`. */
export interface RunningUpload {
  /** `pause`, `limit 1MiB/s`, … */
  say(line: string): void
  /** Lets it through at full speed and waits for the end. */
  finish(): Promise<Run>
}

/** Answers once the first byte of a body has arrived. */
export async function startUpload(
  { server, target }: Receiver,
  file: string,
  limitBytesPerSecond: number,
): Promise<RunningUpload> {
  await server.reset()
  const options = { limitBytesPerSecond, flags: ['--json', '--control'] }
  const { child, ended } = start(await sluice.upload(target, file, crypto.randomUUID(), options))
  while ((await server.report()).arrivals?.firstNs == null) {
    if (child.exitCode !== null) await ended
    await sleep(20)
  }
  return {
    say: (line) => void child.stdin?.write(`${line}\n`),
    finish: () => {
      child.stdin?.end('limit unlimited\n')
      return ended
    },
  }
}
