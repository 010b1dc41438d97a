import { describe, expect, it } from 'vitest'
import { contentTypeOf } from '../../src/main/engine/content-type.ts'
import { destinationSchema } from '../../src/shared/destination.ts'
import type { ObjectSettings } from '../../src/shared/object-settings.ts'
import { objectHeaders, objectProblem, PLAIN_OBJECT, parseMetadata } from '../../src/shared/object-settings.ts'
import { parseTags } from '../../src/shared/object-tags.ts'

const FULL: ObjectSettings = {
  contentType: 'video/mp4',
  cacheControl: 'max-age=60, public',
  metadata: { project: 'harbour', take: '7' },
  tags: { retention: 'one year', 'Größe/m²': 'a+b=c' },
  storageClass: 'STANDARD_IA',
  encryption: { kind: 'kms', keyId: 'arn:aws:kms:eu-west-1:1:key/2' },
}

describe('what is kept beside an object', () => {
  it.each([
    ['film.mp4', 'video/mp4'],
    ['a/b/Photo.JPG', 'image/jpeg'],
    ['index.html', 'text/html'],
    ['README', 'application/octet-stream'],
    ['a.b/c', 'application/octet-stream'],
    ['x.unheard-of', 'application/octet-stream'],
  ])('guesses the content type of %s', (key, type) => {
    expect(contentTypeOf(key, PLAIN_OBJECT)).toBe(type)
    expect(contentTypeOf(key, FULL)).toBe('video/mp4')
  })

  it('says each setting in its header, and nothing that was not asked for', () => {
    expect(objectHeaders(PLAIN_OBJECT, 'text/css')).toEqual({ 'content-type': 'text/css' })
    expect(objectHeaders(FULL, 'video/mp4')).toEqual({
      'content-type': 'video/mp4',
      'cache-control': 'max-age=60, public',
      'x-amz-storage-class': 'STANDARD_IA',
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': 'arn:aws:kms:eu-west-1:1:key/2',
      'x-amz-meta-project': 'harbour',
      'x-amz-meta-take': '7',
      'x-amz-tagging': 'retention=one%20year&Gr%C3%B6%C3%9Fe%2Fm%C2%B2=a%2Bb%3Dc',
    })
    expect(objectHeaders({ ...PLAIN_OBJECT, encryption: { kind: 's3' } }, 'a/b')).toMatchObject({
      'x-amz-server-side-encryption': 'AES256',
    })
  })

  it('finds nothing wrong with settings that can be kept', () => {
    expect(objectProblem(PLAIN_OBJECT)).toBeNull()
    expect(objectProblem(FULL)).toBeNull()
    expect(objectProblem({ ...PLAIN_OBJECT, contentType: 'text/plain; charset=utf-8' })).toBeNull()
  })

  it.each<[Partial<ObjectSettings>, RegExp]>([
    [{ contentType: 'video' }, /looks like video\/mp4/],
    [{ contentType: 'a/b\r\nx-amz-acl: public-read' }, /content type/],
    [{ cacheControl: 'max-age=1\nx: y' }, /printable ASCII/],
    [{ storageClass: 'two words' }, /STANDARD_IA/],
    [{ encryption: { kind: 'kms', keyId: 'a\nb' } }, /KMS key/],
    [{ metadata: { 'two words': 'x' } }, /cannot be the name/],
    [{ metadata: { Upper: 'x' } }, /lower case/],
    [{ metadata: { 'x-amz-meta-a': 'x' } }, /no prefix/],
    [{ metadata: { a: 'Größe' } }, /printable ASCII/],
    [{ metadata: { a: ' x' } }, /printable ASCII/],
    [{ metadata: { a: 'x'.repeat(2048) } }, /2049 bytes, and S3 keeps 2048/],
    [{ tags: Object.fromEntries(Array.from({ length: 11 }, (_, at) => [`t${at}`, ''])) }, /at most 10 tags, not 11/],
    [{ tags: { ['n'.repeat(129)]: '' } }, /1 to 128 characters/],
    [{ tags: { '': 'x' } }, /1 to 128 characters/],
    [{ tags: { a: 'x'.repeat(257) } }, /more than 256 characters/],
    [{ tags: { a: 'x,y' } }, /letters, digits, spaces/],
    [{ tags: { 'a&b': 'x' } }, /letters, digits, spaces/],
    [{ tags: { a: 'x\ny' } }, /letters, digits, spaces/],
    [{ tags: { 'AWS:a': 'x' } }, /belong to Amazon/],
  ])('refuses %j in a sentence, in the settings too', (part, message) => {
    const settings = { ...PLAIN_OBJECT, ...part }
    expect(objectProblem(settings)).toMatch(message)
    const { object } = destinationSchema.shape
    expect(object.safeParse(settings).success).toBe(false)
    expect(object.safeParse(FULL).success).toBe(true)
  })

  it('reads tags as they are written on the command line; a value may be empty', () => {
    expect(parseTags(['Retention = one year', 'query=a=b', 'empty='])).toEqual({
      ok: true,
      value: { Retention: 'one year', query: 'a=b', empty: '' },
    })
    for (const bad of ['x', '=x', ' =x']) expect(parseTags([bad])).toMatchObject({ ok: false })
    expect(parseTags(['a=1', 'a=2'])).toMatchObject({ ok: false, message: expect.stringMatching(/twice/) })
    // 128 characters of two UTF-16 units each.
    expect(parseTags([`${'𝒂'.repeat(128)}=x`])).toMatchObject({ ok: true })
    expect(parseTags(['constructor=1'])).toEqual({ ok: true, value: { constructor: '1' } })
  })

  it('has no tags where settings are from before there were any', () => {
    const { tags: _, ...before } = FULL
    expect(destinationSchema.shape.object.parse(before)).toEqual({ ...before, tags: {} })
  })

  it('reads metadata as it is written on the command line', () => {
    expect(parseMetadata(['Project = Harbour', 'query=a=b'])).toEqual({
      ok: true,
      value: { project: 'Harbour', query: 'a=b' },
    })
    for (const bad of ['x', '=x', 'x=', ' =x']) expect(parseMetadata([bad])).toMatchObject({ ok: false })
    expect(parseMetadata(['a=1', 'A=2'])).toMatchObject({ ok: false, message: expect.stringMatching(/twice/) })
    // A name that means something to JavaScript is a name like any other.
    expect(parseMetadata(['constructor=1'])).toEqual({ ok: true, value: { constructor: '1' } })
  })
})
