import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Client } from '../support/clients.ts'
import { awsCli, curl, PART_MIB, variant } from '../support/clients.ts'
import { makeFile, makeSmallFiles } from '../support/scene.ts'

const PART_BYTES = PART_MIB * 1024 ** 2
/** Of parts or files, for each connection: the last ones leave some connections without work for a moment. */
const ROUNDS = 2

/** What is uploaded: one file of many parts, or where the limit is too low for parts (5 MiB at the least) many files. */
export interface Workload {
  /** A folder ends with a slash. */
  readonly path: string
  /** One file with all of it, for a client that sends only one. */
  readonly single: string
  readonly bytes: number
}

/** Enough for `seconds` at a limit, in at least ROUNDS pieces for each of `connections`. */
export async function workload(
  folder: string,
  limitBytesPerSecond: number,
  seconds: number,
  connections: number,
): Promise<Workload> {
  const bytes = Math.ceil(limitBytesPerSecond * seconds)
  const pieces = connections * ROUNDS
  const name = `${Math.round(limitBytesPerSecond)}-${seconds}-${connections}`
  const single = await makeFile(folder, `${name}.bin`, bytes)
  if (bytes >= pieces * PART_BYTES) return { path: single, single, bytes }
  const path = join(folder, name)
  await mkdir(path, { recursive: true })
  for (let piece = 0; piece < pieces; piece++) {
    await makeFile(path, `file-${String(piece).padStart(3, '0')}`, Math.ceil(bytes / pieces))
  }
  return { path: `${path}/`, single, bytes }
}

/** The client and the path with which it uploads all of a workload. */
export function suited(client: Client, { path, single }: Workload): { client: Client; path: string } {
  if (client === curl) return { client, path: single }
  if (client === awsCli && path.endsWith('/')) return { client: variant(awsCli, awsCli.name, ['--recursive']), path }
  return { client, path }
}

/** Many files of a few bytes: heads and turns of their own. */
export async function smallFiles(folder: string, count: number, fileBytes: number): Promise<Workload> {
  const path = await makeSmallFiles(join(folder, 'small'), count, fileBytes)
  return { path: `${path}/`, single: join(path, 'file-00000'), bytes: count * fileBytes }
}
