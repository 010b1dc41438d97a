import { describe, expect, it } from 'vitest'
import { choosePartBytes, MAX_OBJECT_BYTES, maxObjectBytes, S3_LIMITS } from '../../src/main/core/part-plan.ts'
import { checksumProblem, optionsFor } from '../../src/main/core/provider-options.ts'
import { maxStreamBytes, streamPartBytes } from '../../src/main/core/stream-plan.ts'
import { endpointExample, providerIn, withProvider, withRegion } from '../../src/renderer/provider-choice.ts'
import { PROVIDER_IDS, PROVIDERS, providerOf, tagsRefusal } from '../../src/shared/providers.ts'

const MiB = 1024 ** 2

describe('stores', () => {
  it.each([
    [null, 'aws'],
    ['https://s3.eu-west-1.amazonaws.com', 'aws'],
    ['https://0123.r2.cloudflarestorage.com', 'r2'],
    ['https://s3.us-west-004.backblazeb2.com/', 'b2'],
    ['https://S3.eu-central-1.WASABISYS.com', 'wasabi'],
    ['https://fra1.digitaloceanspaces.com:443', 'spaces'],
    ['https://wasabisys.com.example.org', 'other'],
    ['https://notwasabisys.com', 'other'],
    ['http://127.0.0.1:9000', 'other'],
    ['http://wasabisys.com@127.0.0.1', 'other'],
  ] as const)('knows %s as %s', (endpoint, id) => {
    expect(providerOf(endpoint)).toBe(id)
  })

  it('finds each store again by the address that its preset makes', () => {
    for (const id of PROVIDER_IDS) {
      const { endpoint, regions } = PROVIDERS[id]
      if (endpoint === null || endpoint === 'aws') continue
      for (const region of regions) {
        expect(providerOf(endpoint.replace('{region}', region).replace('{account}', '0123'))).toBe(id)
      }
    }
  })

  it('sends what a store can check, unless a person has named an algorithm', () => {
    expect(optionsFor('aws', null)).toEqual({ checksum: 'crc32', limits: S3_LIMITS })
    expect(optionsFor('b2', null).checksum).toBe('md5')
    expect(optionsFor('r2', null)).toMatchObject({ checksum: 'crc64nvme', limits: { equalParts: true } })
    expect(optionsFor('r2', 'sha256').checksum).toBe('sha256')
    expect(checksumProblem('b2', 'crc32')).toMatch(/^Backblaze B2 refuses the checksum crc32/)
    for (const fits of [null, 'md5', 'none'] as const) expect(checksumProblem('b2', fits)).toBeNull()
    expect(checksumProblem('aws', 'crc32')).toBeNull()
  })
})

it.each([
  ['r2', 'Cloudflare R2 keeps no tags with objects: leave them out.'],
  ['b2', 'Backblaze B2 keeps no tags with objects: leave them out.'],
  ['garage', 'Garage keeps no tags with objects: leave them out.'],
  ['aws', null],
  ['other', null],
] as const)('refuses tags beforehand where %s keeps none', (id, sentence) => {
  expect(tagsRefusal(id, { a: 'x' })).toBe(sentence)
  expect(tagsRefusal(id, {})).toBeNull()
})

describe('part plans within a store’s limits', () => {
  it('takes larger parts where fewer are allowed', () => {
    expect(choosePartBytes(10_000 * MiB, 8 * MiB, 1_000)).toBe(10 * MiB)
    expect(choosePartBytes(10_000 * MiB, 8 * MiB)).toBe(8 * MiB)
  })

  it('knows the largest object by the stricter of both limits', () => {
    expect(maxObjectBytes(S3_LIMITS)).toBe(MAX_OBJECT_BYTES)
    expect(maxObjectBytes({ ...S3_LIMITS, maxPartCount: 1_000 })).toBe(MAX_OBJECT_BYTES / 10)
    expect(maxObjectBytes({ ...S3_LIMITS, maxObjectBytes: 5 })).toBe(5)
  })

  it('keeps the parts of a stream equal where they must be', () => {
    const equal = { ...S3_LIMITS, equalParts: true }
    for (const partNumber of [1, 1_000, 1_001, 10_000]) expect(streamPartBytes(partNumber, 8 * MiB, true)).toBe(8 * MiB)
    expect(streamPartBytes(1_001, 8 * MiB)).toBe(16 * MiB)
    expect(maxStreamBytes(8 * MiB, equal)).toBe(10_000 * 8 * MiB)
    expect(maxStreamBytes(8 * MiB, { ...S3_LIMITS, maxPartCount: 1_500 })).toBe(1_000 * 8 * MiB + 500 * 16 * MiB)
  })
})

describe('presets in the form', () => {
  const empty = { provider: 'other', endpoint: '', region: 'us-east-1', pathStyle: true } as const

  it('fill in address, region and style', () => {
    expect(withProvider(empty, 'wasabi')).toEqual({
      provider: 'wasabi',
      endpoint: 'https://s3.us-east-1.wasabisys.com',
      region: 'us-east-1',
      pathStyle: true,
    })
    expect(withProvider(empty, 'garage')).toMatchObject({ region: 'garage', endpoint: '' })
    expect(withProvider(empty, 'aws')).toMatchObject({ endpoint: '', pathStyle: false })
    expect(withProvider(empty, 'r2')).toMatchObject({ endpoint: '', region: 'auto' })
    expect(endpointExample('r2')).toBe('https://<account id>.r2.cloudflarestorage.com')
  })

  it('keep an address that was typed, and drop that of another store', () => {
    const typed = { ...empty, endpoint: 'https://s3.example.org' }
    expect(withProvider(typed, 'minio').endpoint).toBe('https://s3.example.org')
    expect(withProvider(withProvider(typed, 'b2'), 'minio').endpoint).toBe('')
  })

  it('change the address with the region, unless it was typed', () => {
    const b2 = withProvider(empty, 'b2')
    expect(withRegion(b2, 'eu-central-003')).toEqual({
      region: 'eu-central-003',
      endpoint: 'https://s3.eu-central-003.backblazeb2.com',
    })
    expect(withRegion({ ...b2, endpoint: 'https://proxy.example.org' }, 'x')).toEqual({ region: 'x' })
  })

  it('show what was saved', () => {
    expect(providerIn({ provider: null, endpoint: null })).toBe('aws')
    expect(providerIn({ provider: 'ceph', endpoint: 'https://s3.example.org' })).toBe('ceph')
    expect(providerIn({ provider: null, endpoint: 'https://x.r2.cloudflarestorage.com' })).toBe('r2')
    // An address of AWS that was typed must not be lost.
    expect(providerIn({ provider: null, endpoint: 'https://vpce-1.s3.eu-west-1.vpce.amazonaws.com' })).toBe('other')
  })
})
