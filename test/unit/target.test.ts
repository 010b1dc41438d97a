import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { NamedSource } from '../../src/main/core/target.ts'
import {
  keyError,
  meansContents,
  parseTarget,
  placeDrops,
  placeUploads,
  utf8Bytes,
} from '../../src/main/core/target.ts'

function file(name: string): NamedSource {
  return { path: `/home/me/${name}`, name, isFolder: false, contentsOnly: false }
}
function folder(name: string, contentsOnly = false): NamedSource {
  return { path: `/home/me/${name}`, name, isFolder: true, contentsOnly }
}
const keys = (sources: NamedSource[], target: string) => placeUploads(sources, target).map((one) => one.keyOrPrefix)

describe('parseTarget', () => {
  it.each([
    ['s3://photos', 'photos', ''],
    ['s3://photos/', 'photos', ''],
    ['s3://photos/2026/', 'photos', '2026/'],
    ['s3://photos/a b/ü', 'photos', 'a b/ü'],
    ['s3://photos//a/../b', 'photos', '/a/../b'],
    ['s3://my.bucket-1/x\ny', 'my.bucket-1', 'x\ny'],
  ])('reads %j', (text, bucket, key) => {
    expect(parseTarget(text)).toEqual({ ok: true, value: { bucket, key } })
  })

  it.each([
    ['photos/2026', /must look like/],
    ['s3:/photos', /must look like/],
    ['https://photos', /must look like/],
    ['s3://', /names no bucket/],
    ['s3:///key', /names no bucket/],
    ['s3://a b/key', /cannot be the name/],
  ])('refuses %j', (text, reason) => {
    expect(parseTarget(text)).toEqual({ ok: false, message: expect.stringMatching(reason) })
  })
})

describe('placeUploads', () => {
  it('takes the target as the exact key for one file and no final slash', () => {
    expect(keys([file('a.txt')], 'dir/b.bin')).toEqual(['dir/b.bin'])
  })

  it.each([
    [[file('a.txt')], 'dir/', ['dir/a.txt']],
    [[file('a.txt')], '', ['a.txt']],
    [[file('a'), file('b')], 'dir', ['dir/a', 'dir/b']],
    [[folder('d')], 'dir', ['dir/d/']],
    [[folder('d')], '', ['d/']],
    [[folder('d', true)], 'dir', ['dir/']],
    [[folder('d', true)], '', ['']],
    [[folder('d'), file('x')], 'p/', ['p/d/', 'p/x']],
  ])('%j under %j', (sources, target, expected) => {
    expect(keys(sources, target)).toEqual(expected)
  })

  it('turns a backslash into a slash and leaves every other name as it is', () => {
    expect(keys([file('a\\b')], 'p/')).toEqual(['p/a/b'])
    expect(keys([file('e\u0301 +%#?')], 'p/')).toEqual(['p/e\u0301 +%#?'])
  })

  it('puts exactly one slash between a folder target and a name', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z/]{0,8}$/), fc.stringMatching(/^[a-z.]{1,8}$/), (target, name) => {
        const [key = ''] = keys([file(name), file('other')], target)
        const base = key.slice(0, key.length - name.length)
        return key.endsWith(name) && (target === '' || target.endsWith('/') ? base === target : base === `${target}/`)
      }),
    )
  })
})

it('keeps the names of what is dropped, whatever the prefix', () => {
  const placed = placeDrops([file('a'), folder('d', true), { ...folder(''), path: '/' }], 'p/')
  expect(placed.map((one) => one.keyOrPrefix)).toEqual(['p/a', 'p/d/', 'p/'])
})

it.each([
  ['dir/', true],
  ['.', true],
  ['./', true],
  ['..', true],
  ['a/.', true],
  ['a/..', true],
  ['/', true],
  ['dir', false],
  ['./dir', false],
  ['a..', false],
  ['...', false],
  ['.hidden', false],
])('knows whether %j means the contents', (written, expected) => {
  expect(meansContents(written)).toBe(expected)
})

describe('the length of a key', () => {
  it('is counted in bytes of UTF-8', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => utf8Bytes(text) === Buffer.byteLength(text)))
  })

  it('may be 1024 bytes and no more', () => {
    expect(keyError('é'.repeat(512))).toBeNull()
    expect(keyError(`${'é'.repeat(512)}a`)).toMatchObject({
      code: 'key-too-long',
      message: expect.stringMatching(/1025 bytes/),
    })
  })
})
