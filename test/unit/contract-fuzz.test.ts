import fc from 'fast-check'
import { expect, it } from 'vitest'
import { dispatch } from '../../src/main/app/dispatch.ts'
import type { CommandName, Handlers } from '../../src/shared/contract.ts'
import { COMMANDS } from '../../src/shared/contract.ts'

const calls: CommandName[] = []
const recording = Object.fromEntries(
  (Object.keys(COMMANDS) as CommandName[]).map((name) => [name, async () => void calls.push(name)]),
) as unknown as Handlers

const destination = {
  id: 'd1',
  name: 'Archive',
  endpoint: 'https://s3.example.org',
  region: 'eu-west-1',
  bucket: 'b',
  prefix: 'p/',
  pathStyle: true,
  credentials: { kind: 'keys', accessKeyId: 'AKID' },
  onExists: 'skip-same',
  pace: { limitBytesPerSecond: null, requestsPerSecond: 1, filesPerSecond: null },
  caFile: null,
  proxy: 'http://proxy.example.org:3128',
  bindAddress: '192.0.2.7',
}
const ids = { kind: 'ids', ids: [1, 2] }
const byFilter = { kind: 'filter', filter: 'failed' }

/** One input that each of these commands takes. */
const TAKEN: readonly (readonly [CommandName, object])[] = [
  ['hello', {}],
  ['subscribe', { firstIndex: 0, count: 50, filter: 'all', sort: { by: 'queue', descending: false } }],
  ['addPaths', { paths: ['/a'], destinationId: 'd1' }],
  ['listFolder', { path: null }],
  ['cancelTransfers', { which: ids }],
  ['removeTransfers', { which: byFilter }],
  ['moveTransfers', { which: ids, place: { kind: 'before', id: 3 } }],
  ['retryTransfers', { which: byFilter, overwrite: true }],
  ['exportReceipt', { batchId: 1, format: 'csv' }],
  ['forgetBatches', { batchIds: [1] }],
  ['setLimit', { limitBytesPerSecond: 1024 }],
  ['changePlan', { kind: 'for', limitBytesPerSecond: null, durationMs: 5000 }],
  ['changePlan', { kind: 'timetable', timetable: 'Mon 08:00 5M', timeZone: null }],
  ['changeQuotas', { kind: 'set', name: '', text: '20 GB/day', mode: 'stop', destinationId: null }],
  ['setPaused', { paused: true }],
  ['networkChanged', {}],
  ['saveDestination', { destination, secret: { secretAccessKey: 'secret', sessionToken: null } }],
  ['testDestination', { destination, secret: null }],
  ['saveSettings', { appearance: 'dark', connections: 8 }],
]

const junk = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSet: true,
  withSparseArray: true,
  withTypedArray: true,
})

/** Answers, refuses in one sentence, and calls nothing that it refuses. */
async function expectRefusedOrTaken(name: unknown, input: unknown): Promise<void> {
  calls.length = 0
  const result = await dispatch(recording, name, input)
  if (result.ok) {
    expect(calls).toEqual([name])
    return
  }
  expect(result.error.code).toBe('bad-input')
  expect(result.error.message).toMatch(/^[A-Z][^\p{C}]{1,400}\.$/u)
  expect(calls).toEqual([])
}

it('takes what it should', async () => {
  for (const [name, input] of TAKEN) {
    calls.length = 0
    expect(await dispatch(recording, name, input), name).toMatchObject({ ok: true })
    expect(calls).toEqual([name])
  }
})

it('answers any junk under any name without throwing, and acts on none that it refuses', async () => {
  const anyName = fc.oneof(fc.constantFrom(...Object.keys(COMMANDS)), fc.string(), junk)
  await fc.assert(fc.asyncProperty(anyName, junk, expectRefusedOrTaken), { numRuns: 3_000 })
})

/** The objects within an input, itself included. */
function objectsIn(value: unknown): Record<string, unknown>[] {
  if (typeof value !== 'object' || value === null) return []
  const within = Object.values(value).flatMap(objectsIn)
  return Array.isArray(value) ? within : [value as Record<string, unknown>, ...within]
}

it('refuses a key too many, wherever it is', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...TAKEN),
      fc.nat(),
      fc.string({ unit: 'binary' }),
      junk,
      async (taken, at, key, value) => {
        const [name, input] = taken
        const changed = structuredClone(input)
        const objects = objectsIn(changed)
        const target = objects[at % objects.length]
        if (target === undefined || Object.hasOwn(target, key)) return
        // As `__proto__` in JSON would: a key like any other, not the prototype.
        Object.defineProperty(target, key, { value, enumerable: true })
        calls.length = 0
        const result = await dispatch(recording, name, changed)
        expect(result).toMatchObject({ ok: false, error: { code: 'bad-input' } })
        if (!result.ok) expect(result.error.message).toMatch(/^[A-Z][^\p{C}]{1,400}\.$/u)
        expect(calls).toEqual([])
      },
    ),
    {
      numRuns: 2_000,
      examples: [
        [['hello', {}], 0, 'k'.repeat(100_000), 1],
        [['hello', {}], 0, 'a\nb\x1b[2J', 1],
        [['hello', {}], 0, '__proto__', {}],
      ],
    },
  )
})

it('takes or refuses a value that is another, and never throws', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TAKEN), fc.nat(), fc.nat(), junk, async (taken, at, which, value) => {
      const [name, input] = taken
      const changed = structuredClone(input)
      const objects = objectsIn(changed)
      const target = objects[at % objects.length] ?? {}
      const keys = Object.keys(target)
      const key = keys[which % Math.max(1, keys.length)]
      if (key !== undefined) target[key] = value
      await expectRefusedOrTaken(name, changed)
    }),
    { numRuns: 2_000 },
  )
})

it.each([
  'http://user:password@proxy.example.org:3128',
  'http://user@proxy.example.org',
  'socks5://proxy.example.org',
  'proxy.example.org:3128',
])('keeps no proxy like %s', async (proxy) => {
  const input = { destination: { ...destination, proxy }, secret: null }
  expect(await dispatch(recording, 'saveDestination', input)).toMatchObject({ ok: false, error: { code: 'bad-input' } })
})
