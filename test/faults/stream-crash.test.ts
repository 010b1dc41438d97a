import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { cliScene } from '../support/cli-scene.ts'

/** Standard input cannot be read twice: whenever the process is killed, what it had begun must be taken back. */
const scene = cliScene()
const MIB = 1024 ** 2
/** With SLUICE_FULL=1 every point, else some. */
const STEP = process.env.SLUICE_FULL === '1' ? 1 : 4

const openUploads = async () => (await scene.far.openUploads()).filter((key) => key.startsWith(scene.prefix))

/** Uploads 11 MiB from standard input, in parts of 5 MiB. */
async function upload(key: string, env: Record<string, string>) {
  const flags = ['--json', '--part-size', '5MiB', '--data-dir', 'kept']
  const run = scene.start(['upload', '-', scene.target(key), ...flags], { env })
  run.child.stdin.end(randomBytes(11 * MIB))
  return await run.ended
}

it('whenever an upload of standard input is killed, resume leaves nothing at the server and says why', async () => {
  const log = path.join(scene.dir, 'points')
  expect((await upload('whole', { SLUICE_CRASH_LOG: log })).status).toBe(0)
  const points = (await fs.readFile(log, 'utf8')).trim().split('\n')
  expect(points.join()).toContain('in CreateMultipartUploadCommand')
  console.log(`an upload of standard input has ${points.length} points; every ${STEP}. of them is tried`)
  let interrupted = 0
  for (let at = 1; at <= points.length; at += STEP) {
    const where = `killed at ${points[at - 1]}`
    await fs.rm(path.join(scene.dir, 'kept'), { recursive: true, force: true })
    await upload(`k${at}`, { SLUICE_CRASH_AT: String(at) })
    const [listed] = (await scene.run(['list', '--data-dir', 'kept'])).stdout.trim().split('\n')
    const { status, stderr } = await scene.run(['resume', '--data-dir', 'kept'])
    expect(await openUploads(), where).toEqual([])
    if (!listed?.includes('interrupted')) continue
    interrupted++
    expect(listed, where).toMatch(
      /standard input → s3:\/\/demo\/.*k\d+ .*cannot go on, since standard input cannot be read/,
    )
    // The second where the server had begun the upload, and its id was not yet in the journal.
    const [why, left] = stderr.split('\n')
    expect([status, why], where).toEqual([
      1,
      expect.stringMatching(/^sluice: -: Standard input cannot be read a second/),
    ])
    expect(left, where).toMatch(/^(sluice: An upload left unfinished at .* was removed, with .* of parts\.)?$/)
    const again = await scene.run(['resume', '--data-dir', 'kept', '--json'])
    expect([again.status, again.stderr], where).toEqual([0, ''])
  }
  expect(interrupted).toBeGreaterThan(0)
})

it('cancel takes it back as well', async () => {
  const run = scene.start(['upload', '-', scene.target('k'), '--json', '--part-size', '5MiB'])
  run.child.stdin.write(randomBytes(6 * MIB))
  await run.until(({ type, confirmedBytes }) => type === 'progress' && confirmedBytes === 5 * MIB)
  run.child.kill('SIGKILL')
  await run.ended
  expect(await openUploads()).toEqual([`${scene.prefix}k`])
  const { status, stdout } = await scene.run(['cancel', '--all'])
  expect([status, stdout]).toEqual([0, 'Cancelled 1 batch, 1 unfinished file\n'])
  expect([await openUploads(), await scene.runs()]).toEqual([[], []])
})
