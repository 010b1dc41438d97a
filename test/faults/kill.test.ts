import path from 'node:path'
import { expect, it } from 'vitest'
import type { LoggedRequest } from '../../src/main/demo/request-log.ts'
import { startTestDemo } from '../support/demo-bucket.ts'
import { FarSide } from '../support/far-side.ts'
import type { Round } from '../support/kill-rounds.ts'
import { CONNECTIONS, killRound, makeMixedBatch, PART_BYTES, seeded } from '../support/kill-rounds.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** `SLUICE_KILLS=200` for the full test; `SLUICE_SEED` repeats one. */
const KILLS = Number(process.env.SLUICE_KILLS ?? 10)
const SEED = Number(process.env.SLUICE_SEED ?? Date.now() % 1e9)
const HOUR_MS = 3_600_000

it(
  `after ${KILLS} random kills every byte is there, and only what was in flight went twice (seed ${SEED})`,
  async () => {
    await using folder = await tempFolder('kill')
    await using server = await startTestDemo()
    const far = new FarSide(server)
    const random = seeded(SEED)
    const files = await makeMixedBatch(path.join(folder.path, 'files'), random)
    const batchBytes = [...files.values()].reduce((bytes, { length }) => bytes + length, 0)
    let kills = 0
    let twiceBytes = 0
    let mostAtOnce = 0
    for (let n = 1; kills < KILLS; n++) {
      const round = await killRound({ server, far, dir: folder.path, random }, files, `round-${n}`, KILLS - kills)
      const bodies = bodiesOf(server.log, round)
      const twice = sentTwice(bodies, round)
      for (const [session, parts] of twice.bySession.entries()) {
        expect(parts.size, `parts of session ${session} that went again: ${[...parts]}`).toBeLessThanOrEqual(
          CONNECTIONS,
        )
        mostAtOnce = Math.max(mostAtOnce, parts.size)
      }
      const bytes = bodies.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0) - batchBytes
      const killed = round.sessions.filter((session) => session.killed).length
      expect(bytes).toBeLessThanOrEqual(killed * CONNECTIONS * PART_BYTES)
      expect(round.toldBytes, 'what the receipt says').toBeGreaterThanOrEqual(bytes)
      kills += killed
      twiceBytes += bytes
      console.log(`round ${n}: ${killed} kills, ${(bytes / 1024 ** 2).toFixed(1)} MiB sent twice`)
    }
    far.close()
    const mib = (twiceBytes / 1024 ** 2).toFixed(1)
    console.log(`${kills} kills: ${mib} MiB sent twice, at most ${mostAtOnce} parts or files of one kill; seed ${SEED}`)
  },
  HOUR_MS,
)

/** The requests of a round that carried a file or a part of one. */
function bodiesOf(log: readonly LoggedRequest[], { prefix }: Round): LoggedRequest[] {
  return log.filter(
    ({ operation, key }) => (operation === 'PutObject' || operation === 'UploadPart') && key?.startsWith(prefix),
  )
}

/** For each session, the files and parts that it sent, whole or not, and that a later one sent again. */
function sentTwice(bodies: readonly LoggedRequest[], { sessions }: Round): { bySession: Set<string>[] } {
  const bySession = sessions.map(() => new Set<string>())
  const last = new Map<string, number>()
  for (const { key, partNumber, atMs } of bodies.toSorted((a, b) => a.atMs - b.atMs)) {
    const part = `${key}#${partNumber ?? 'whole'}`
    const session = sessions.findLastIndex(({ startedAtMs }) => startedAtMs <= atMs)
    const before = last.get(part)
    if (before !== undefined) bySession[before]?.add(part)
    last.set(part, session)
  }
  return { bySession }
}
