import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startNullServer } from './null-server.ts'
import type { Client, Target } from './support/clients.ts'
import { awsCli, CONNECTIONS, rclone, rcloneBare, sluice, variant } from './support/clients.ts'
import { direct } from './support/direct.ts'
import { run } from './support/measured-run.ts'
import { intoMemory, makeSmallFiles, workFolder } from './support/scene.ts'
import { absentRow, median, table } from './support/table.ts'

/** Many small files: what one costs when bytes hardly matter. */
export interface SmallFilesOptions {
  readonly runs: number
  readonly count: number
}

export const SMALL_FILES_DEFAULTS: SmallFilesOptions = { runs: 3, count: 5_000 }
const FILE_BYTES = 4096
/** AWS CLI sends a few hundred a second: it gets a tenth of the files. */
const AWS_SHARE = 10

interface Entry {
  readonly client: Client
  readonly folder: string
  readonly count: number
}

export async function smallFiles({ runs, count }: SmallFilesOptions): Promise<string> {
  await using work = await workFolder()
  await using server = await startNullServer()
  const target: Target = { endpoint: `http://127.0.0.1:${server.port}`, workDir: work.path }
  const all = await makeSmallFiles(join(work.path, 'all'), count, FILE_BYTES)
  const some = await makeSmallFiles(join(work.path, 'some'), Math.ceil(count / AWS_SHARE), FILE_BYTES)
  const full = { folder: `${all}/`, count }
  const entries: Entry[] = [
    { client: sluice, ...full },
    { client: rclone, ...full },
    { client: rcloneBare, ...full },
    {
      client: variant(awsCli, `aws s3 cp, ${Math.ceil(count / AWS_SHARE)} files`, ['--recursive']),
      folder: `${some}/`,
      count: Math.ceil(count / AWS_SHARE),
    },
  ]
  const measured = new Map<Client, { seconds: number; cpuMs: number; requests: number; peakMiB: number }[]>()
  for (let turn = 0; turn < runs; turn++) {
    for (const { client, folder, count: files } of entries) {
      if (client.missing !== null) continue
      await server.reset()
      await intoMemory(folder)
      const { seconds, cpuSeconds, peakMiB } = await run(await client.upload(target, folder, `turn-${turn}/`))
      const { puts, requests } = await server.report()
      if (puts !== files) throw new Error(`${client.name} sent ${puts} of ${files} files`)
      const cpuMs = (cpuSeconds * 1000) / files
      const one = { seconds: seconds / files, cpuMs, requests: requests / files, peakMiB }
      measured.set(client, [...(measured.get(client) ?? []), one])
    }
  }
  const head = ['client', 'files/s', 'CPU ms a file', 'requests a file', 'peak MiB']
  const cpuMs = (client: Client) => median((measured.get(client) ?? []).map((one) => one.cpuMs))
  const rows = entries.map(({ client }) => {
    const done = measured.get(client)
    if (done === undefined) return absentRow(client.name, head.length)
    const rate = 1 / median(done.map(({ seconds }) => seconds))
    const requests = median(done.map((one) => one.requests))
    const peakMiB = Math.max(...done.map((one) => one.peakMiB))
    return [client.name, rate.toFixed(0), cpuMs(client).toFixed(3), requests.toFixed(2), peakMiB.toFixed(0)]
  })
  const lines = [
    ...(rclone.missing === null ? [`CPU a file against rclone's: ${(cpuMs(sluice) / cpuMs(rclone)).toFixed(2)}×`] : []),
    ...[rclone, awsCli].flatMap(({ missing }) => missing ?? []),
  ]
  const how = `${CONNECTIONS} connections, whole processes with their start, median of ${runs}, memory the largest of ${runs}`
  return `## ${count} files of ${FILE_BYTES / 1024} KiB to a null server\n${how}\n\n${table(head, rows)}\n\n${lines.join('\n')}`
}

await direct(import.meta, async () => {
  const { values } = parseArgs({ options: { runs: { type: 'string' }, count: { type: 'string' } } })
  const { runs, count } = SMALL_FILES_DEFAULTS
  return await smallFiles({ runs: Number(values.runs ?? runs), count: Number(values.count ?? count) })
})
