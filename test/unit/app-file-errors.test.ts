import { existsSync, mkdtempSync, rmdirSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { errorView } from '../../src/main/app/errors.ts'
import { fileReason } from '../../src/main/app/file-errors.ts'

function thrownBy(work: () => void): unknown {
  try {
    work()
  } catch (thrown) {
    return thrown
  }
  throw new Error('nothing was thrown')
}

it.skipIf(!existsSync('/dev/full'))('a full disk is named as such, whatever was being written', () => {
  const thrown = thrownBy(() => writeFileSync('/dev/full', 'x'))
  expect(fileReason(thrown)).toBe('the disk is full')
  expect(errorView(thrown).message).toBe('The disk is full: free some space, and try again.')
})

it('other reasons are told in words, or by what the system calls them', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-reason-'))
  expect(fileReason(thrownBy(() => writeFileSync(join(folder, 'none/file'), '')))).toBe(
    'there is no such file or folder',
  )
  expect(fileReason(thrownBy(() => writeFileSync(folder, '')))).toBe('it is a folder')
  expect(fileReason(Object.assign(new Error('disk I/O error'), { code: 'EIO' }))).toBe('EIO')
  expect(fileReason(new Error('what it says'))).toBe('what it says')
  rmdirSync(folder)
})
