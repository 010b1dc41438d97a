import type { ChildProcess } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { randomInt, randomUUID } from 'node:crypto'
import { access, mkdir, readFile, writeFile } from 'node:fs/promises'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { TestS3Server } from './s3-server.ts'
import { tempFolder } from './temp-folder.ts'

const run = promisify(execFile)

const NEEDED = ['ceph-mon', 'ceph-osd', 'radosgw', 'radosgw-admin', 'ceph', 'ceph-authtool', 'monmaptool']
const INSTALL = 'apt-get install -y --no-install-recommends radosgw ceph-mon ceph-osd ceph-common'

/** A slow machine takes a minute; this only ends a hang. */
const READY_TIMEOUT_MS = 150_000

/**
 * A real S3 server that is not ours: Ceph's, one monitor, one store in a file and one gateway, on loopback with free
 * ports, no systemd. Takes about 20 s and 375 MiB. The daemons run in the foreground as our children, so that they
 * are ended by their own ids.
 * @throws Error with the line to run when a program of it is not installed, or with the last lines of its log.
 */
export async function startCephRgw(): Promise<TestS3Server> {
  await checkInstalled()
  const folder = await tempFolder('ceph')
  const children: ChildProcess[] = []
  const stop = async (): Promise<void> => {
    // The gateway first: it waits for the store that it has lost otherwise.
    for (const child of children.reverse()) await end(child)
    await folder[Symbol.asyncDispose]()
  }
  try {
    const [v1 = 0, v2 = 0, port = 0] = await freePorts(3)
    const conf = await writeConfiguration(folder.path, v1, v2, port)
    const keys = await bootstrap(folder.path, conf, v1, v2)
    children.push(start('ceph-mon', ['-f', '-i', 'a', '-c', conf]))
    await run('ceph', ['-c', conf, '--connect-timeout', '60', 'osd', 'new', keys.osdId])
    await run('ceph-osd', ['-i', '0', '--mkfs', '--osd-uuid', keys.osdId, '-c', conf])
    children.push(start('ceph-osd', ['-f', '-i', '0', '-c', conf]))
    await until('the store is up', folder.path, children, async () => {
      const { stdout } = await run('ceph', ['-c', conf, 'osd', 'stat'])
      return stdout.includes('1 up')
    })
    children.push(start('radosgw', ['-f', '-n', 'client.rgw', '-c', conf]))
    await until('the gateway answers', folder.path, children, () => answers(port))
    const user = ['user', 'create', '--uid=test', '--display-name=test']
    const { accessKeyId, secretAccessKey } = keys
    await run('radosgw-admin', [
      ...['-n', 'client.rgw', '-c', conf],
      ...user,
      `--access-key=${accessKeyId}`,
      `--secret-key=${secretAccessKey}`,
    ])
    return {
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      accessKeyId,
      secretAccessKey,
      [Symbol.asyncDispose]: stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function checkInstalled(): Promise<void> {
  const folders = (process.env.PATH ?? '').split(':')
  for (const program of NEEDED) {
    const found = await Promise.any(folders.map((folder) => access(join(folder, program)))).then(
      () => true,
      () => false,
    )
    if (!found) throw new Error(`${program} is not installed. As root run: ${INSTALL}`)
  }
}

async function writeConfiguration(dir: string, v1: number, v2: number, port: number): Promise<string> {
  for (const name of ['mon', 'osd', 'log', 'run']) await mkdir(join(dir, name))
  const conf = join(dir, 'ceph.conf')
  await writeFile(
    conf,
    `[global]
fsid = ${randomUUID()}
mon host = [v2:127.0.0.1:${v2}/0,v1:127.0.0.1:${v1}/0]
keyring = ${dir}/keyring
public addr = 127.0.0.1
cluster addr = 127.0.0.1
run dir = ${dir}/run
log file = ${dir}/log/$name.log
log to stderr = false
err to stderr = false
admin socket = ${dir}/run/$name.asok
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pgp num = 8
osd pool default pg autoscale mode = off
mon allow pool size one = true
mon max pg per osd = 2000
osd crush chooseleaf type = 0
mon data avail crit = 1
mon warn on pool no redundancy = false
ms bind ipv6 = false
auth allow insecure global id reclaim = false
[mon]
mon data = ${dir}/mon
mon initial members = a
[osd]
osd data = ${dir}/osd
osd objectstore = bluestore
bluestore block size = 20G
bluestore fsck on mount = false
osd memory target = 939524096
osd class update on start = false
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw dns name = s3.localhost
rgw crypt require ssl = false
rgw enable ops log = false
rgw enable usage log = false
rgw gc obj min wait = 5
`,
  )
  return conf
}

/** Keys, monitor map and the monitor's store. */
async function bootstrap(dir: string, conf: string, v1: number, v2: number) {
  const keyring = join(dir, 'keyring')
  const caps = ['mon', 'osd', 'mgr'].flatMap((daemon) => ['--cap', daemon, 'allow *'])
  for (const name of ['mon.', 'client.admin', 'client.rgw', 'osd.0']) {
    const create = name === 'mon.' ? ['--create-keyring'] : []
    await run('ceph-authtool', [...create, keyring, '--gen-key', '-n', name, ...caps])
  }
  const fsid = /^fsid = (.+)$/m.exec(await readFile(conf, 'utf8'))?.[1] ?? ''
  const map = join(dir, 'monmap')
  const addresses = `[v2:127.0.0.1:${v2},v1:127.0.0.1:${v1}]`
  await run('monmaptool', ['--create', '--addv', 'a', addresses, '--fsid', fsid, map])
  await run('ceph-mon', ['--mkfs', '-i', 'a', '--monmap', map, '--keyring', keyring, '-c', conf])
  return {
    osdId: randomUUID(),
    accessKeyId: randomUUID().replaceAll('-', '').slice(0, 20).toUpperCase(),
    secretAccessKey: randomUUID().replaceAll('-', ''),
  }
}

function start(program: string, args: string[]): ChildProcess {
  return spawn(program, args, { stdio: 'ignore' })
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const hard = setTimeout(() => child.kill('SIGKILL'), 5000)
  await gone
  clearTimeout(hard)
}

/**
 * Below those that the kernel gives to whoever names none, from 32 768: the last is not listened at for 20 s, and
 * other tests start servers meanwhile.
 */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>()
  while (ports.size < count) {
    const port = randomInt(15_000, 32_000)
    if (await isFree(port)) ports.add(port)
  }
  return [...ports]
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    get({ host: '127.0.0.1', port }, (response) => {
      response.resume()
      resolve(response.statusCode !== undefined && response.statusCode < 500)
    }).on('error', () => resolve(false))
  })
}

async function until(
  what: string,
  dir: string,
  children: readonly ChildProcess[],
  isSo: () => Promise<boolean>,
): Promise<void> {
  const endMs = Date.now() + READY_TIMEOUT_MS
  for (;;) {
    if (await isSo().catch(() => false)) return
    const dead = children.find((child) => child.exitCode !== null || child.signalCode !== null)
    if (dead !== undefined || Date.now() > endMs) {
      const logs = await run('sh', ['-c', 'tail -n 5 "$0"/log/*', dir]).catch(() => ({ stdout: '' }))
      throw new Error(`Ceph did not start: ${what}: no. ${dead?.spawnfile ?? ''}\n${logs.stdout}`)
    }
    await sleep(200)
  }
}
