import path from 'node:path'
import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { it } from 'vitest'
import { startCephRgw } from '../support/ceph-rgw.ts'
import { FarSide } from '../support/far-side.ts'
import { killRound, makeMixedBatch, seeded } from '../support/kill-rounds.ts'
import { clientFor } from '../support/s3-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

/** By command only: `SLUICE_CEPH_KILLS=20 npm run test:faults kill-ceph`. `SLUICE_SEED` repeats one. */
const KILLS = Number(process.env.SLUICE_CEPH_KILLS ?? 0)
const SEED = Number(process.env.SLUICE_SEED ?? Date.now() % 1e9)
const HOUR_MS = 3_600_000

it.runIf(KILLS > 0)(
  `after ${KILLS} random kills every byte is in Ceph, and no upload is left open (seed ${SEED})`,
  async () => {
    await using folder = await tempFolder('kill')
    await using ceph = await startCephRgw()
    await clientFor(ceph).send(new CreateBucketCommand({ Bucket: 'kills' }))
    const server = { ...ceph, bucket: 'kills' }
    const far = new FarSide(server)
    const random = seeded(SEED)
    const files = await makeMixedBatch(path.join(folder.path, 'files'), random)
    let kills = 0
    for (let n = 1; kills < KILLS; n++) {
      const round = await killRound({ server, far, dir: folder.path, random }, files, `round-${n}`, KILLS - kills)
      kills += round.sessions.filter(({ killed }) => killed).length
      console.log(
        `round ${n}: ${kills} of ${KILLS} kills, ${(round.toldBytes / 1024 ** 2).toFixed(1)} MiB sent twice at most`,
      )
    }
    far.close()
  },
  HOUR_MS,
)
