import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join, parse } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { listFolder } from '../../src/main/app/list-folder.ts'
import { LISTING_LIMIT } from '../../src/shared/contract.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-list-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

it('shows folders first and follows links to what they mean', async () => {
  mkdirSync(join(folder, 'zoo'))
  mkdirSync(join(folder, 'beach.asar'))
  writeFileSync(join(folder, 'b.txt'), '12345')
  writeFileSync(join(folder, 'a.txt'), '')
  symlinkSync(join(folder, 'zoo'), join(folder, 'link to zoo'))
  symlinkSync(join(folder, 'gone'), join(folder, 'broken'))
  const { path, parent, entries, truncated } = await listFolder(folder, null)
  expect({ path, parent, truncated }).toEqual({ path: folder, parent: parse(folder).dir, truncated: false })
  expect(entries).toEqual([
    { name: 'beach.asar', kind: 'folder', sizeBytes: 0 },
    { name: 'link to zoo', kind: 'folder', sizeBytes: 0 },
    { name: 'zoo', kind: 'folder', sizeBytes: 0 },
    { name: 'a.txt', kind: 'file', sizeBytes: 0 },
    { name: 'b.txt', kind: 'file', sizeBytes: 5 },
  ])
})

it('stays bounded in a huge folder', async () => {
  for (let index = 0; index <= LISTING_LIMIT; index++) mkdirSync(join(folder, `d${index}`))
  const listing = await listFolder(folder, null)
  expect(listing.entries).toHaveLength(LISTING_LIMIT)
  expect(listing.truncated).toBe(true)
})

it('starts at the last folder, or at home when that is gone', async () => {
  expect((await listFolder(null, folder)).path).toBe(folder)
  expect((await listFolder(null, join(folder, 'gone'))).path).toBe(homedir())
  expect((await listFolder('~', folder)).path).toBe(homedir())
})

it('has nothing above the top', async () => {
  const { root } = parse(folder)
  expect((await listFolder(root, null)).parent).toBeNull()
})

it.each([
  ['gone', /There is no folder/],
  ['file', /is a file, not a folder/],
])('says what is wrong with %s', async (name, message) => {
  writeFileSync(join(folder, 'file'), '')
  await expect(listFolder(join(folder, name), null)).rejects.toThrow(message)
})

it('refuses a relative path', async () => {
  await expect(listFolder('somewhere', null)).rejects.toThrow('whole path')
})
