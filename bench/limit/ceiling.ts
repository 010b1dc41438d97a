import { CONNECTIONS, sluice } from '../support/clients.ts'
import { leastStolen } from '../support/least-stolen.ts'
import { run } from '../support/measured-run.ts'
import { makeFile } from '../support/scene.ts'
import { median } from '../support/table.ts'
import type { LimitBench } from './bench.ts'

/** Long enough that the start does not show. */
const CEILING_BYTES = 1024 ** 3
const COUNTED_PART = 0.8

/** 80 % of what arrives without a limit, in bytes per second, rounded to MiB: no limit above it counts. */
export async function topRate(bench: LimitBench): Promise<number> {
  const { server, target } = await bench.receiver()
  const file = await makeFile(bench.folder, 'ceiling.bin', CEILING_BYTES)
  const { kept: rates } = await leastStolen(3, async () => {
    await server.reset()
    await run(await sluice.upload(target, file, crypto.randomUUID(), { connections: CONNECTIONS }))
    const { arrivals } = await server.report()
    return (arrivals?.bytes ?? 0) / (arrivals?.seconds ?? Number.NaN)
  })
  const mebibytes = Math.floor((COUNTED_PART * median(rates)) / 1024 ** 2)
  bench.say(
    `Without a limit ${(median(rates) / 1024 ** 2).toFixed(0)} MiB/s arrive; 80 % of it are ${mebibytes} MiB/s.`,
  )
  return mebibytes * 1024 ** 2
}
