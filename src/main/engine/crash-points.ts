import { appendFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { S3Client } from '@aws-sdk/client-s3'

/**
 * A seam for tests of crashes: with `SLUICE_CRASH_AT=n` in the environment, the process ends by SIGKILL at the n-th of
 * the points where something outside it is about to change, is changing, or has just changed; with the name of a point
 * instead, at the first of that name. `SLUICE_CRASH_LOG` names a file that gets the name of each point as it is passed.
 * Without them a point costs one comparison.
 */
const { SLUICE_CRASH_AT = '', SLUICE_CRASH_LOG = '' } = process.env
const isWatching = SLUICE_CRASH_AT !== '' || SLUICE_CRASH_LOG !== ''

/** A request is then at the server of a test, which takes longer to answer. */
const IN_FLIGHT_MS = 15

let passed = 0

/** Between two effects. */
export function crashPoint(name: string): void {
  if (isWatching && pass(name)) die()
}

/** While an effect that was begun just before is under way. */
export function crashDuring(name: string): void {
  if (isWatching && pass(name)) void sleep(IN_FLIGHT_MS).then(die)
}

/** A point before, in and after each call of a client. */
export function watchCalls(client: S3Client): void {
  if (!isWatching) return
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const name = context.commandName ?? 'a call'
      crashPoint(`before ${name}`)
      const answer = next(args)
      crashDuring(`in ${name}`)
      const result = await answer
      crashPoint(`after ${name}`)
      return result
    },
    { step: 'finalizeRequest', priority: 'low', name: 'crashPoints' },
  )
}

function pass(name: string): boolean {
  passed++
  if (SLUICE_CRASH_LOG !== '') appendFileSync(SLUICE_CRASH_LOG, `${passed} ${name}\n`)
  return SLUICE_CRASH_AT === String(passed) || SLUICE_CRASH_AT === name
}

function die(): void {
  process.kill(process.pid, 'SIGKILL')
}
