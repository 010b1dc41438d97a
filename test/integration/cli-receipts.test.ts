import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promises as fs } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { readReceipt } from '../../src/main/app/receipts.ts'
import type { CliChoices } from '../support/cli.ts'
import { environmentFor } from '../support/cli.ts'
import { cliScene } from '../support/cli-scene.ts'

const scene = cliScene()
const MIB = 1024 ** 2
const PYTHON_SCRIPT = fileURLToPath(new URL('../../docs/verify_receipt.py', import.meta.url))
const PARTS = ['--part-size', '5MiB', '--multipart-threshold', '5MiB']

const inDir = (name: string): string => path.join(scene.dir, name)

/** A small file with an awkward name and a large one in parts, uploaded with a receipt. */
async function uploaded(receipt: string, flags: readonly string[] = []): Promise<void> {
  await scene.write('files/=cmd,"a"\nb', 'hello')
  await scene.write('files/large', randomBytes(11 * MIB))
  const { status, stderr } = await scene.run([
    'upload',
    'files/',
    scene.target(),
    '--receipt',
    receipt,
    ...PARTS,
    ...flags,
  ])
  expect([status, stderr]).toEqual([0, ''])
}

async function verify(receipt: string, ...flags: string[]) {
  const { status, stderr, of } = await scene.run(['verify', receipt, '--json', ...flags])
  return { status, stderr, objects: of('object'), summary: of('summary')[0] }
}

/** By somebody else's Python and the AWS CLI. */
async function verifyByStranger(receipt: string, withObjects: boolean): Promise<{ status: number; said: string }> {
  const aws = withObjects ? ['/usr/bin/aws'] : []
  const env = { PATH: '/usr/bin:/bin', AWS_EC2_METADATA_DISABLED: 'true', ...environmentFor(scene.server) }
  return promisify(execFile)('/usr/bin/python3', [PYTHON_SCRIPT, inDir(receipt), ...aws], { env }).then(
    ({ stdout }) => ({ status: 0, said: stdout }),
    ({ code, stdout, stderr }) => ({ status: code, said: stdout + stderr }),
  )
}

describe('upload --receipt', () => {
  it.each(['r.csv', 'r.json'])('%s says what became of each file', async (name) => {
    const beforeMs = Date.now()
    await scene.write('files/=cmd,"a"\nb', 'hello')
    await scene.write('files/large', randomBytes(11 * MIB))
    const run = await scene.run(['upload', 'files/', 'gone', scene.target(), '--receipt', name, ...PARTS])
    expect(run.status).toBe(1)
    const { entries } = readReceipt(inDir(name))
    const byPhase = Object.groupBy(entries, ({ phase }) => phase)
    expect(byPhase.failed).toMatchObject([
      { path: inDir('gone'), errorCode: 'source-missing', error: expect.stringMatching(/not there/) },
    ])
    expect(byPhase.completed).toHaveLength(2)
    for (const entry of byPhase.completed ?? []) {
      const { endpoint, region, bucket } = scene.server
      expect(entry).toMatchObject({ endpoint, region, bucket, checksumAlgorithm: 'crc32', resentBytes: 0, error: null })
      expect(entry.etag).toMatch(/^"[0-9a-f]{32}(-3)?"$/)
      const [startedAtMs, endedAtMs] = [Date.parse(entry.startedAt ?? ''), Date.parse(entry.endedAt ?? '')]
      expect(startedAtMs).toBeGreaterThanOrEqual(beforeMs)
      expect(endedAtMs).toBeGreaterThanOrEqual(startedAtMs)
      expect(endedAtMs).toBeLessThanOrEqual(Date.now())
    }
    const text = await fs.readFile(inDir(name), 'utf8')
    expect(text).not.toContain(scene.server.secretAccessKey)
    expect(text).not.toContain(scene.server.accessKeyId)
  })

  it('that cannot be written is said before anything is sent', async () => {
    await scene.write('a', 'x')
    await scene.write('other.csv', 'a,b\n1,2\n')
    const before = scene.server.log.length
    for (const [file, reason] of [
      ['nowhere/r.csv', /nowhere\/r\.csv cannot be written: there is no such file or folder/],
      ['r.txt', /\.csv or a \.json/],
      ['other.csv', /other\.csv is not a receipt/],
    ] as const) {
      const { status, stderr } = await scene.run(['upload', 'a', scene.target(), '--receipt', file])
      expect([status, stderr]).toEqual([2, expect.stringMatching(reason)])
      expect(stderr.trim().split('\n')).toHaveLength(1)
    }
    expect(scene.server.log.length).toBe(before)
  })
})

describe('sluice verify', () => {
  it.each(['r.csv', 'r.json'])('finds all of %s as it was, without uploading', async (receipt) => {
    await uploaded(receipt)
    const before = scene.server.log.length
    const { status, stderr, objects, summary } = await verify(receipt)
    expect([status, stderr]).toEqual([0, ''])
    expect(objects).toHaveLength(2)
    for (const object of objects) expect(object).toMatchObject({ same: true, shown: 'checksum', differences: [] })
    expect(summary).toMatchObject({ same: 2, different: 0, unchecked: 0, others: 0, bytes: 0 })
    expect(scene.server.log.slice(before).map(({ operation }) => operation)).toEqual(['HeadObject', 'HeadObject'])
  })

  it('names an object that is another than the one that was sent', async () => {
    await uploaded('r.csv')
    const { entries } = readReceipt(inDir('r.csv'))
    const large = entries.find(({ path: file }) => file.endsWith('large'))
    await scene.far.put(large?.key ?? '', 'something else')
    const { status, stderr } = await verify('r.csv')
    expect(status).toBe(1)
    expect(stderr).toMatch(/large has the size 14, and the receipt says 11534336\./)
    expect(stderr).toMatch(/large has the ETag [0-9a-f]{32}, and the receipt says [0-9a-f]{32}-3\./)
    const plain = await scene.run(['verify', 'r.csv'])
    expect(plain.stdout).toMatch(/^1 of 2 as the receipt says, 1 different/)
  })

  it('reads back at the limit, and sees what the server does not', async () => {
    await scene.write('a', randomBytes(2 * MIB))
    await scene.run(['upload', 'a', scene.target(), '--receipt', 'r.json'])
    const good = await verify('r.json', '--read-back', '--limit', '1 MiB/s')
    expect([good.status, good.stderr]).toEqual([0, ''])
    expect(good.summary).toMatchObject({ same: 1, bytes: 2 * MIB })
    expect(Number(good.summary?.seconds)).toBeGreaterThan(1.7)
    const people = await scene.run(['verify', 'r.json', '--read-back', '--limit', '80 Mb/s'])
    expect(people.stdout).toMatch(/^Limit: 10 MB\/s = 80 Mb\/s\n/)
    // One bit rots on the server's disk, and its description stays as it was.
    await flipStoredBit(path.join(scene.dir, '../bucket'), await fs.readFile(inDir('a')))
    expect((await verify('r.json')).status).toBe(0)
    const rotten = await verify('r.json', '--read-back')
    expect([rotten.status, rotten.stderr]).toEqual([
      1,
      expect.stringMatching(/read back, has the crc32 .* the receipt says/),
    ])
  })

  it('compares the files here too when asked', async () => {
    await uploaded('r.csv')
    expect((await verify('r.csv', '--local')).status).toBe(0)
    const large = inDir('files/large')
    const bytes = await fs.readFile(large)
    bytes[7 * MIB] = (bytes[7 * MIB] ?? 0) ^ 1
    await fs.writeFile(large, bytes)
    await fs.rm(inDir('files/=cmd,"a"\nb'))
    const { status, stderr, summary } = await verify('r.csv', '--local')
    expect([status, summary]).toEqual([1, expect.objectContaining({ same: 0, different: 2 })])
    expect(stderr).toMatch(/files\/large has the crc32 .*, and the receipt says/)
    expect(stderr).toMatch(/cannot be compared: The file is not there\./)
  })

  it.each<[string, string[], CliChoices, RegExp, number]>([
    ['no receipt', ['gone.csv'], {}, /gone\.csv cannot be read: there is no such file/, 2],
    ['another file', ['table.csv'], {}, /table\.csv is not a receipt of Sluice/, 2],
    ['no name', [], {}, /name the receipt/, 2],
    ['wrong keys', ['r.csv'], { env: { AWS_SECRET_ACCESS_KEY: 'wrong' } }, /access key or secret|denied/, 1],
  ])('%s: one sentence', async (_, args, choices, reason, expected) => {
    await scene.write('a', 'x')
    await scene.run(['upload', 'a', scene.target(), '--receipt', 'r.csv'])
    await scene.write('table.csv', 'name,value\n1,2\n')
    const { status, stderr } = await scene.run(['verify', ...args], choices)
    expect([status, stderr]).toEqual([expected, expect.stringMatching(reason)])
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})

describe('docs/verify_receipt.py', () => {
  it.each(['r.csv', 'r.json'])('agrees with %s, and disagrees once something has changed', async (receipt) => {
    await uploaded(receipt)
    expect(await verifyByStranger(receipt, true)).toEqual({ status: 0, said: '2 files, 0 differences\n' })
    const { entries } = readReceipt(inDir(receipt))
    await scene.far.put(entries.find(({ sizeBytes }) => sizeBytes === 5)?.key ?? '', 'other')
    await fs.appendFile(inDir('files/large'), 'more')
    const { status, said } = await verifyByStranger(receipt, true)
    expect(status).toBe(1)
    expect(said).toMatch(/large: the file has another size/)
    expect(said).toMatch(/the object is another/)
  })

  it.each(['crc32c', 'crc64nvme', 'sha256', 'md5', 'none'])('knows %s, in one piece and in parts', async (checksum) => {
    await uploaded('r.csv', ['--checksum', checksum])
    expect(await verifyByStranger('r.csv', false)).toEqual({ status: 0, said: '2 files, 0 differences\n' })
    expect((await verify('r.csv', '--read-back', '--local')).stderr).toBe('')
    const bytes = await fs.readFile(inDir('files/large'))
    bytes[6 * MIB] = (bytes[6 * MIB] ?? 0) ^ 1
    await fs.writeFile(inDir('files/large'), bytes)
    const { status } = await verifyByStranger('r.csv', false)
    expect(status).toBe(checksum === 'none' ? 0 : 1)
    expect((await verify('r.csv', '--local')).status).toBe(checksum === 'none' ? 0 : 1)
  })
})

/** Finds the file under `folder` that holds exactly these bytes and changes one bit of it. */
async function flipStoredBit(folder: string, bytes: Buffer): Promise<void> {
  for (const entry of await fs.readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = path.join(entry.parentPath, entry.name)
    if (!entry.isFile() || (await fs.stat(file)).size !== bytes.length) continue
    const stored = await fs.readFile(file)
    if (!stored.equals(bytes)) continue
    stored[100] = (stored[100] ?? 0) ^ 1
    await fs.writeFile(file, stored)
    return
  }
  throw new Error('no such object is stored')
}
