import { execFile } from 'node:child_process'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** What a measurement needs around it: a folder, files, a certificate. */

export interface WorkFolder extends AsyncDisposable {
  readonly path: string
}

/** Gone at the end, after an interrupt too. */
export async function workFolder(): Promise<WorkFolder> {
  const path = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  const remove = () => rm(path, { recursive: true, force: true })
  const onSignal = () => void remove().finally(() => process.exit(130))
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
      await remove()
    },
  }
}

/** Written just now, so its pages are in memory. Its bytes differ from place to place. */
export async function makeFile(folder: string, name: string, bytes: number): Promise<string> {
  const path = join(folder, name)
  const block = crypto.getRandomValues(Buffer.alloc(64 * 1024))
  const file = await open(path, 'w')
  for (let written = 0; written < bytes; written += block.length) {
    block.writeDoubleLE(written, 0)
    await file.write(block, 0, Math.min(block.length, bytes - written))
  }
  // On the disk before anything is measured: until then each fsync of a client's journal would wait for it.
  await file.datasync()
  await file.close()
  return path
}

/** `count` files, each of another byte. Answers the folder. */
export async function makeSmallFiles(folder: string, count: number, fileBytes: number): Promise<string> {
  await mkdir(folder)
  for (let made = 0; made < count; made++) {
    await writeFile(join(folder, `file-${String(made).padStart(5, '0')}`), Buffer.alloc(fileBytes, String(made)))
  }
  return folder
}

/** Reads a file, or the files of a folder, so that they are in memory: rclone asks the system to forget what it has read. */
export async function intoMemory(path: string): Promise<void> {
  const names = (await stat(path)).isDirectory() ? (await readdir(path)).map((name) => join(path, name)) : [path]
  for (const name of names) for await (const _ of createReadStream(name));
}

export interface Certificate {
  /** Key and certificate, for the server. */
  readonly serverFile: string
  /** The certificate, for clients to trust. */
  readonly caFile: string
}

/** Self-signed for 127.0.0.1, ECDSA on P-256 as public servers have it. */
export async function makeCertificate(folder: string): Promise<Certificate> {
  const key = join(folder, 'key.pem')
  const caFile = join(folder, 'ca.pem')
  const serverFile = join(folder, 'server.pem')
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-keyout', key, '-out', caFile, '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'],
  ])
  await writeFile(serverFile, (await readFile(key, 'utf8')) + (await readFile(caFile, 'utf8')))
  return { serverFile, caFile }
}
