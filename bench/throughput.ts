import { parseArgs } from 'node:util'
import { startNullServer } from './null-server.ts'
import type { Client, Target } from './support/clients.ts'
import { awsCli, CONNECTIONS, PART_MIB, rclone, rcloneBare, sluice } from './support/clients.ts'
import { direct } from './support/direct.ts'
import type { Run } from './support/measured-run.ts'
import { run } from './support/measured-run.ts'
import { intoMemory, makeCertificate, makeFile, workFolder } from './support/scene.ts'
import { absentRow, goal, median, table } from './support/table.ts'

/**
 * One large file to a server that throws it away: wall time, CPU and memory of whole processes. Clients take turns
 * (A B C A B C), so that a busy minute of the machine hits all of them.
 */
export interface ThroughputOptions {
  readonly runs: number
  readonly mebibytes: number
  readonly tls: boolean
}

export const THROUGHPUT_DEFAULTS: ThroughputOptions = { runs: 3, mebibytes: 1024, tls: false }
const GOAL_CPU_SECONDS_PER_GIB = 1.8
const GOAL_PEAK_MIB = 150

interface Row {
  readonly wall: number
  readonly cpu: number
  readonly peakMiB: number
  readonly serverCpu: number
}

export async function throughput({ runs, mebibytes, tls }: ThroughputOptions): Promise<string> {
  await using folder = await workFolder()
  const certificate = tls ? await makeCertificate(folder.path) : null
  await using server = await startNullServer(certificate === null ? {} : { tlsFile: certificate.serverFile })
  const file = await makeFile(folder.path, 'file.bin', mebibytes * 1024 ** 2)
  const target: Target = {
    endpoint: `http${tls ? 's' : ''}://127.0.0.1:${server.port}`,
    workDir: folder.path,
    ...(certificate === null ? {} : { caFile: certificate.caFile }),
  }
  const clients = [sluice, awsCli, rclone, rcloneBare]
  const measured = new Map<Client, (Run & { serverCpu: number })[]>()
  for (let turn = 0; turn < runs; turn++) {
    for (const client of clients) {
      if (client.missing !== null) continue
      await server.reset()
      await intoMemory(file)
      const done = await run(await client.upload(target, file, `run-${turn}.bin`))
      const { cpuSeconds, parts, bytes } = await server.report()
      if (parts !== Math.ceil(mebibytes / PART_MIB) || bytes < mebibytes * 1024 ** 2) {
        throw new Error(
          `${client.name} sent ${parts} parts and ${bytes} bytes: not the whole file, or some of it twice`,
        )
      }
      measured.set(client, [...(measured.get(client) ?? []), { ...done, serverCpu: cpuSeconds }])
    }
  }
  const perGib = 1024 / mebibytes
  const rowOf = (client: Client): Row | null => {
    const done = measured.get(client)
    if (done === undefined) return null
    return {
      wall: median(done.map(({ seconds }) => seconds)),
      cpu: median(done.map(({ cpuSeconds }) => cpuSeconds)) * perGib,
      peakMiB: Math.max(...done.map(({ peakMiB }) => peakMiB)),
      serverCpu: median(done.map(({ serverCpu }) => serverCpu)) * perGib,
    }
  }
  const head = ['client', 'wall s', 'MiB/s', 'CPU s/GiB', 'peak MiB', "server's CPU s/GiB"]
  const rows = clients.map((client) => {
    const row = rowOf(client)
    if (row === null) return absentRow(client.name, head.length)
    const { wall, cpu, peakMiB, serverCpu } = row
    const figures = [wall.toFixed(2), (mebibytes / wall).toFixed(0), cpu.toFixed(2), peakMiB.toFixed(0)]
    return [client.name, ...figures, serverCpu.toFixed(2)]
  })
  const ours = rowOf(sluice)
  const aws = rowOf(awsCli)
  const verdicts = [
    // The goal is for plain HTTP; TLS encrypts on top of it.
    ...(ours === null || tls ? [] : [goal('CPU seconds per GiB', ours.cpu, GOAL_CPU_SECONDS_PER_GIB)]),
    ...(ours === null ? [] : [goal('peak of memory', ours.peakMiB, GOAL_PEAK_MIB, ' MiB', 0)]),
    ...(ours === null || aws === null ? [] : [goal("wall time against AWS CLI's", ours.wall / aws.wall, 1, '×')]),
    ...new Set(clients.flatMap((client) => client.missing ?? [])),
  ]
  const how = `${PART_MIB} MiB parts, ${CONNECTIONS} connections, median of ${runs}, memory the largest of ${runs}`
  return `## ${mebibytes} MiB to a null server${tls ? ' over TLS' : ''}\n${how}\n\n${table(head, rows)}\n\n${verdicts.join('\n')}`
}

await direct(import.meta, async () => {
  const { values } = parseArgs({
    options: { runs: { type: 'string' }, mib: { type: 'string' }, tls: { type: 'boolean' } },
  })
  const { runs, mebibytes } = THROUGHPUT_DEFAULTS
  return await throughput({
    runs: Number(values.runs ?? runs),
    mebibytes: Number(values.mib ?? mebibytes),
    tls: values.tls ?? false,
  })
})
