import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { GetObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3'
import { describe, expect, it } from 'vitest'
import type { DemoServer } from '../../src/main/demo/server.ts'
import { startTestDemo } from '../support/demo-bucket.ts'
import { clientFor } from '../support/s3-server.ts'
import { tempFolder } from '../support/temp-folder.ts'

/**
 * Clients that are not ours, as Debian ships them, against the demo bucket: what they write, anyone reads, byte for
 * byte. Debian's own AWS CLI is asked by its full path, because a newer one may stand before it on the PATH.
 */
const AWS = '/usr/bin/aws'
const RCLONE = '/usr/bin/rclone'

const run = promisify(execFile)

const ODD_NAMES = [
  'plain.txt',
  ' spaces  inside and around ',
  'plus+percent%25%hash#question?',
  'caf\u00e9 cafe\u0301',
  'emoji-\u{1f600}',
  `quotes"' & <tags>`,
  'back\\slash',
  'star*dollar$semi;colon:comma,at@excl!',
  'new\nline',
  'folder/inner folder/deep+file',
  'empty',
]
/** More than two parts of either client's 8 MiB and 5 MiB. */
const LARGE_BYTES = 17 * 1024 * 1024 + 321

async function needed(program: string, debianPackage: string): Promise<void> {
  await access(program).catch(() => {
    throw new Error(`${program} is not installed. As root run: apt-get install -y ${debianPackage}`)
  })
}

/** Files with odd names and one that is multipart, by path relative to `dir`. */
async function makeFiles(dir: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>(ODD_NAMES.map((name) => [name, Buffer.from(`content of ${name}`)]))
  files.set('empty', Buffer.alloc(0))
  files.set('large.bin', randomBytes(LARGE_BYTES))
  for (const [name, bytes] of files) {
    await mkdir(dirname(join(dir, name)), { recursive: true })
    await writeFile(join(dir, name), bytes)
  }
  return files
}

async function filesBelow(dir: string): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>()
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    files.set(path.slice(dir.length + 1), await readFile(path))
  }
  return files
}

/** Every object under a prefix, through the SDK: a third party to both. */
async function objectsBelow(server: DemoServer, prefix: string): Promise<Map<string, Buffer>> {
  const client = clientFor(server)
  const objects = new Map<string, Buffer>()
  const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: server.bucket, Prefix: prefix }))
  for (const { Key = '' } of Contents) {
    const { Body } = await client.send(new GetObjectCommand({ Bucket: server.bucket, Key }))
    objects.set(Key.slice(prefix.length), Buffer.from((await Body?.transformToByteArray()) ?? []))
  }
  client.destroy()
  return objects
}

/** Compares names first, for a readable difference, then bytes. */
function expectSame(actual: Map<string, Buffer>, expected: Map<string, Buffer>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort())
  const different = [...expected].filter(([name, bytes]) => actual.get(name)?.equals(bytes) !== true)
  expect(different.map(([name]) => name)).toEqual([])
}

/** Nothing of this machine's own configuration reaches the clients. */
function environmentFor(server: DemoServer, home: string): NodeJS.ProcessEnv {
  return {
    PATH: process.env.PATH,
    LANG: 'C.UTF-8',
    HOME: home,
    AWS_ACCESS_KEY_ID: server.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.secretAccessKey,
    AWS_DEFAULT_REGION: server.region,
    AWS_EC2_METADATA_DISABLED: 'true',
    RCLONE_CONFIG: join(home, 'none.conf'),
    RCLONE_CONFIG_DEMO_TYPE: 's3',
    // Under 'AWS' this rclone always puts the bucket into the host name.
    RCLONE_CONFIG_DEMO_PROVIDER: 'Other',
    RCLONE_CONFIG_DEMO_ENV_AUTH: 'true',
    RCLONE_CONFIG_DEMO_ENDPOINT: server.endpoint,
    RCLONE_CONFIG_DEMO_REGION: server.region,
  }
}

describe("Debian's AWS CLI", () => {
  it('uploads a tree of odd names, lists it and reads it back', async ({ signal }) => {
    await needed(AWS, 'awscli')
    await using server = await startTestDemo()
    await using folder = await tempFolder('aws')
    const env = environmentFor(server, folder.path)
    const aws = (...args: string[]) => run(AWS, ['--endpoint-url', server.endpoint, ...args], { env, signal })
    const source = join(folder.path, 'source')
    const files = await makeFiles(source)
    await aws('s3', 'cp', '--recursive', '--quiet', source, 's3://demo/tree')
    expectSame(await objectsBelow(server, 'tree/'), files)
    expect(server.counters.UploadPart).toBe(3)
    const { stdout } = await aws('s3api', 'list-objects-v2', '--bucket', 'demo', '--output', 'json')
    const { Contents } = JSON.parse(stdout) as { Contents: { Key: string; Size: number }[] }
    expect(new Map(Contents.map(({ Key, Size }) => [Key, Size]))).toEqual(
      new Map([...files].map(([name, bytes]) => [`tree/${name}`, bytes.length])),
    )
    const target = join(folder.path, 'target')
    await aws('s3', 'cp', '--recursive', '--quiet', 's3://demo/tree', target)
    expectSame(await filesBelow(target), files)
  })

  it('keeps a/b and a//b apart, with every checksum it can send', async ({ signal }) => {
    await needed(AWS, 'awscli')
    await using server = await startTestDemo()
    await using folder = await tempFolder('aws')
    const env = environmentFor(server, folder.path)
    const aws = (...args: string[]) => run(AWS, ['--endpoint-url', server.endpoint, ...args], { env, signal })
    const file = join(folder.path, 'file')
    const expected = new Map<string, Buffer>()
    for (const [key, algorithm] of [
      ['a/b', 'CRC32'],
      ['a//b', 'SHA1'],
      ['a', 'SHA256'],
    ] as const) {
      const body = Buffer.from(`under ${key}`)
      await writeFile(file, body)
      await aws(
        's3api',
        'put-object',
        '--bucket',
        'demo',
        '--key',
        key,
        '--body',
        file,
        '--checksum-algorithm',
        algorithm,
      )
      expected.set(key, body)
    }
    expectSame(await objectsBelow(server, ''), expected)
    const { stdout } = await aws(
      ...[
        's3api',
        'head-object',
        '--bucket',
        'demo',
        '--key',
        'a//b',
        '--checksum-mode',
        'ENABLED',
        '--output',
        'json',
      ],
    )
    expect(JSON.parse(stdout)).toHaveProperty('ChecksumSHA1')
  })
})

describe("Debian's rclone", () => {
  it('uploads a tree of odd names, checks it, lists it and reads it back', async ({ signal }) => {
    await needed(RCLONE, 'rclone')
    await using server = await startTestDemo()
    await using folder = await tempFolder('rclone')
    const env = environmentFor(server, folder.path)
    const rclone = (...args: string[]) => run(RCLONE, args, { env, signal })
    const source = join(folder.path, 'source')
    const files = await makeFiles(source)
    const small = ['--s3-upload-cutoff', '8M', '--s3-chunk-size', '5M']
    await rclone('copy', ...small, source, 'demo:demo/tree')
    expect(server.counters.UploadPart).toBe(4)
    // Compares sizes and MD5s, its own of the multipart file among them.
    await rclone('check', source, 'demo:demo/tree')
    const { stdout } = await rclone('lsjson', '-R', '--files-only', 'demo:demo/tree')
    const listed = JSON.parse(stdout) as { Path: string; Size: number }[]
    // In its own lists rclone shows a picture of the newline.
    expect(new Map(listed.map(({ Path, Size }) => [Path.replace('\u240a', '\n'), Size]))).toEqual(
      new Map([...files].map(([name, bytes]) => [name, bytes.length])),
    )
    const target = join(folder.path, 'target')
    await rclone('copy', 'demo:demo/tree', target)
    expectSame(await filesBelow(target), files)
    expectSame(await objectsBelow(server, 'tree/'), files)
  })
})
