import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { startDemoServer } from '../src/main/demo/server.ts'
import { PROJECT } from '../src/main/start/built.ts'
import { parseRate } from '../src/shared/units.ts'
import { makeFile, workFolder } from './support/scene.ts'
import { table } from './support/table.ts'

/**
 * A limit so low that other clients lose their connections: the whole command for half an hour against a server that
 * drops a request silent for 15 s. It must see no timeout, no retry, no byte twice, and the set rate.
 *
 * npm run bench:tiny -- [--minutes 30] [--limit 16KiB/s] [--silence-seconds 15]
 */
const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    limit: { type: 'string', default: '16 KiB/s' },
    'silence-seconds': { type: 'string', default: '15' },
  },
})
const limit = parseRate(values.limit)
if (!limit.ok || limit.value === null) throw new Error(limit.ok ? 'This benchmark needs a limit.' : limit.message)
const bytes = Math.round(limit.value * Number(values.minutes) * 60)

await using work = await workFolder()
const folder = work.path
const server = await startDemoServer({
  dir: join(folder, 'bucket'),
  idleBodyMs: Number(values['silence-seconds']) * 1000,
})
const file = await makeFile(folder, 'file.bin', bytes)
const child = spawn(
  process.execPath,
  [
    ...[join(PROJECT, 'out/main/cli.js'), 'upload', file, `s3://${server.bucket}/file.bin`],
    ...['--endpoint', server.endpoint, '--region', server.region, '--limit', values.limit, '--json'],
    ...['--part-size', '5 MiB', '--multipart-threshold', '5 MiB', '--data-dir', join(folder, 'data')],
  ],
  {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: server.accessKeyId,
      AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
let summary: Record<string, number> = {}
for await (const line of createInterface({ input: child.stdout })) {
  const said = JSON.parse(line)
  if (said.type === 'summary') summary = said
}
// The look whether the key exists answers 404, as it should.
const refused = server.log.filter(({ operation, status }) => status >= 400 && operation !== 'HeadObject').length
await server.close()

const mean = bytes / (summary.seconds ?? Number.NaN) / limit.value
console.log(
  `## ${values.minutes} minutes at ${values.limit}, a server that drops what is silent for ${values['silence-seconds']} s\n`,
)
console.log(
  table(
    ['completed', 'bytes', 'seconds', 'mean ÷ limit', 'bytes sent again', 'retries', 'refused by the server'],
    [
      [
        summary.completed,
        bytes,
        summary.seconds?.toFixed(1),
        mean.toFixed(4),
        summary.resentBytes,
        summary.retries,
        refused,
      ].map(String),
    ],
  ),
)
process.exitCode =
  summary.completed === 1 && summary.resentBytes === 0 && summary.retries === 0 && refused === 0 ? 0 : 1
