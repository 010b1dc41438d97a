import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import type { FileIdentity } from '../../src/main/engine/sender-protocol.ts'
import { checkPath, readIdentity, SourceFile } from '../../src/main/engine/source-file.ts'
import { SluiceError } from '../../src/shared/errors.ts'
import { tempFolder } from '../support/temp-folder.ts'

async function scene() {
  const folder = await tempFolder('source')
  const path = join(folder.path, 'volume', 'a')
  await mkdir(dirname(path))
  await writeFile(path, 'hello')
  const identity = await readIdentity(path)
  return { path, identity, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

/** The same file as a mount with another number would show it. */
const elsewhere = (identity: FileIdentity): FileIdentity => ({ ...identity, device: identity.device + 1n })

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown = await promise.then(
    () => null,
    (reason: unknown) => reason,
  )
  return thrown instanceof SluiceError ? thrown.code : String(thrown)
}

it('a file that is missing from its living folder is missing', async () => {
  await using s = await scene()
  await rm(s.path)
  expect(await codeOf(checkPath(s.path, s.identity))).toBe('source-missing')
  expect(await codeOf(SourceFile.open(s.path, s.identity))).toBe('source-missing')
})

it('one whose folder is missing is on a volume that is gone', async () => {
  await using s = await scene()
  await rename(dirname(s.path), `${dirname(s.path)}-away`)
  expect(await codeOf(checkPath(s.path, s.identity))).toBe('source-away')
  expect(await codeOf(SourceFile.open(s.path, s.identity))).toBe('source-away')
})

it('one whose folder is an empty mount point by now is on a volume that is gone', async () => {
  await using s = await scene()
  await rm(s.path)
  expect(await codeOf(checkPath(s.path, elsewhere(s.identity)))).toBe('source-away')
})

it('one that nobody has seen before is missing, wherever it is looked for', async () => {
  expect(await codeOf(readIdentity('/no/such/folder/a'))).toBe('source-missing')
})

it('the same size and time on another device is a mount that came back, to be looked at', async () => {
  await using s = await scene()
  expect(await codeOf(checkPath(s.path, elsewhere(s.identity)))).toBe('source-away')
  expect(await codeOf(SourceFile.open(s.path, elsewhere(s.identity)))).toBe('source-away')
})

it.each<[string, Partial<FileIdentity>]>([
  ['size', { sizeBytes: 4 }],
  ['time, by a nanosecond', { mtimeNs: 1n }],
  ['inode on the same device', { inode: 1n }],
  ['size, on another device', { sizeBytes: 4, device: 1n }],
])('another %s is another file', async (_, was) => {
  await using s = await scene()
  const expected = { ...s.identity, ...was, mtimeNs: s.identity.mtimeNs - (was.mtimeNs ?? 0n) }
  expect(await codeOf(checkPath(s.path, expected))).toBe('source-changed')
})
