import { describe, expect, it } from 'vitest'
import { answeredChecksum } from '../../src/main/engine/checksum-names.ts'
import type { SentObject, StoredObject } from '../../src/main/engine/object-proof.ts'
import { bestChecksum, isWhatWasSent, proofOf } from '../../src/main/engine/object-proof.ts'

/** Two parts, whose MD5s are these; `md5sum` of both in binary, put together. */
const PART_ETAGS = ['"5d41402abc4b2a76b9719d911017c592"', '"7d793037a0760186574b0282f2f435e7"']
const WHOLE_ETAG = '"065947336a2f2a95ba8899f3675c3be6-2"'
const WHOLE_MD5 = `${Buffer.from('065947336a2f2a95ba8899f3675c3be6', 'hex').toString('base64')}-2`

const SENT: SentObject = {
  sizeBytes: 10,
  checksum: { algorithm: 'crc32', value: 'AAAAAA==', partBytes: null },
  partEtags: PART_ETAGS,
}
const STORED: StoredObject = { sizeBytes: 10, etag: '"e-2"', versionId: null, checksums: { crc32: 'AAAAAA==' } }
const md5 = { ...SENT, checksum: { algorithm: 'md5', value: WHOLE_MD5, partBytes: 5 } } as const

describe('what a completion is shown to be', () => {
  it('is the checksum where the server tells ours', () => {
    expect(proofOf(STORED, SENT, '"other"')).toBe('checksum')
  })

  it('is size and ETag where it tells none, or one that says nothing about ours', () => {
    expect(proofOf({ ...STORED, checksums: {} }, SENT, '"e-2"')).toBe('size')
    expect(proofOf({ ...STORED, checksums: { sha256: 'x' } }, SENT, '"e-2"')).toBe('size')
    expect(proofOf({ ...STORED, checksums: { crc32: 'BBBBBB==-2' } }, SENT, '"e-2"')).toBe('size')
  })

  it.each<[string, StoredObject | null, string]>([
    ['is not there', null, '"e-2"'],
    ['has another size', { ...STORED, sizeBytes: 9 }, '"e-2"'],
    ['has another checksum', { ...STORED, checksums: { crc32: 'BBBBBB==' } }, '"e-2"'],
    ['has another ETag', { ...STORED, checksums: {} }, '"f-2"'],
  ])('is nothing where the object %s', (_, stored, etag) => {
    expect(() => proofOf(stored, SENT, etag)).toThrow('must not be relied upon')
  })

  it('is the checksum where the ETag is the MD5 of the MD5s, and neither proof nor refutation where it is not', () => {
    expect(proofOf({ ...STORED, etag: WHOLE_ETAG }, md5, WHOLE_ETAG)).toBe('checksum')
    expect(proofOf(STORED, md5, '"e-2"')).toBe('size')
  })
})

describe('an object that is found after a lost answer', () => {
  it('is ours by its checksum, or else by the ETag of our parts', () => {
    expect(isWhatWasSent(STORED, SENT)).toBe('checksum')
    expect(isWhatWasSent({ ...STORED, checksums: {}, etag: WHOLE_ETAG }, SENT)).toBe('size')
    expect(isWhatWasSent({ ...STORED, etag: WHOLE_ETAG }, md5)).toBe('checksum')
  })

  it('is not ours for its size alone, nor against its checksum', () => {
    expect(isWhatWasSent({ ...STORED, checksums: {} }, SENT)).toBeNull()
    expect(isWhatWasSent({ ...STORED, checksums: { crc32: 'BBBBBB==' }, etag: WHOLE_ETAG }, SENT)).toBeNull()
    expect(isWhatWasSent({ ...STORED, sizeBytes: 9 }, SENT)).toBeNull()
    expect(isWhatWasSent(null, SENT)).toBeNull()
  })
})

it('a file is compared with a sum of the whole object, or one of parts that can be made again', () => {
  const of = (checksums: StoredObject['checksums']) => bestChecksum({ ...STORED, checksums }, 5)
  expect(of({ sha256: 's', crc64nvme: 'c' })).toEqual({ algorithm: 'crc64nvme', value: 'c', partBytes: null })
  expect(of({ sha256: 's-2' })).toEqual({ algorithm: 'sha256', value: 's-2', partBytes: 5 })
  expect(of({ crc32: 'x-2' })).toBeNull()
  expect(of({})).toBeNull()
})

describe('the answer to a PUT', () => {
  const etag = PART_ETAGS[0]
  it('names the checksum that was asked for, and no other', () => {
    expect(answeredChecksum('sha256', { 'x-amz-checksum-sha256': 's', etag })).toBe('s')
    expect(answeredChecksum('crc32', { 'x-amz-checksum-sha256': 's', etag })).toBeNull()
    expect(answeredChecksum('none', { 'x-amz-checksum-crc32': 's', etag })).toBeNull()
  })

  it('names an MD5 by its ETag, unless that only looks like one', () => {
    expect(answeredChecksum('md5', { etag })).toBe('XUFAKrxLKna5cZ2REBfFkg==')
    expect(answeredChecksum('md5', { etag, 'x-amz-server-side-encryption': 'AES256' })).toBe('XUFAKrxLKna5cZ2REBfFkg==')
    expect(answeredChecksum('md5', { etag: '"opaque"' })).toBeNull()
    expect(answeredChecksum('md5', { etag, 'x-amz-server-side-encryption': 'aws:kms' })).toBeNull()
    expect(answeredChecksum('md5', { etag, 'x-amz-server-side-encryption-customer-algorithm': 'AES256' })).toBeNull()
  })
})
