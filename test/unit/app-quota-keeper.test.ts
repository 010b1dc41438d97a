import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Conf from 'conf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BadInput } from '../../src/main/app/errors.ts'
import type { OpenSettingsFile } from '../../src/main/app/kept-file.ts'
import { QuotaCounts } from '../../src/main/app/quota-counts.ts'
import { QuotaKeeper } from '../../src/main/app/quota-keeper.ts'
import { EngineClient } from '../../src/main/engine/client.ts'
import { COMMANDS } from '../../src/shared/contract.ts'
import type { QuotaChange, QuotaSetting, QuotaView } from '../../src/shared/settings.ts'
import { DEFAULT_SETTINGS, settingsSchema } from '../../src/shared/settings.ts'
import { sourceWorkers } from '../support/engine-scene.ts'

const NOW_MS = Date.UTC(2026, 0, 2, 3, 4, 5)
const DAY = 86_400_000
const openConf: OpenSettingsFile = ({ folder, name }) => new Conf({ cwd: folder, configName: name })

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-quotas-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** A keeper and a real engine, which ends with the scope. */
class Scene implements AsyncDisposable {
  readonly engine = new EngineClient(sourceWorkers, { connections: 1, threads: 1, limitBytesPerSecond: null })
  readonly told: (readonly QuotaView[])[] = []
  readonly failures: string[] = []
  readonly store: { quotas: readonly QuotaSetting[] }
  readonly keeper: QuotaKeeper

  constructor(quotas: readonly QuotaSetting[] = [], counts = new QuotaCounts(folder, openConf, NOW_MS)) {
    this.store = { quotas }
    this.keeper = new QuotaKeeper(
      this.store,
      counts,
      this.engine,
      (views) => this.told.push(views),
      (message) => this.failures.push(message),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close()
  }
}

const daily: QuotaSetting = {
  name: 'daily',
  unit: 'bytes',
  amount: 20e9,
  windowMs: DAY,
  mode: 'stop',
  destinationId: null,
}
const set = (text: string, changes: Partial<Extract<QuotaChange, { kind: 'set' }>> = {}): QuotaChange => {
  return { kind: 'set', name: '', text, mode: 'stop', destinationId: null, ...changes }
}

describe('the quota keeper', () => {
  it('reads what people write, names it, and says how it stands', async () => {
    await using scene = new Scene()
    await scene.keeper.begin()
    await scene.keeper.change(set('20 GB/day'))
    await scene.keeper.change(set('20 GB / 1d', { destinationId: 'd' }))
    const views = await scene.keeper.change(set('500k requests per hour', { name: 'polite', mode: 'spread' }))
    expect(views).toEqual([
      { ...daily, name: '20 GB per day', text: '20 GB per day', used: 0, left: 20e9, blockedUntilMs: null },
      expect.objectContaining({ name: '20 GB per day (2)', destinationId: 'd' }),
      expect.objectContaining({ name: 'polite', text: '500 000 requests per hour', mode: 'spread', left: 500_000 }),
    ])
    expect(scene.told.at(-1)).toBe(views)
    expect(scene.keeper.views).toBe(views)
    expect(settingsSchema.parse({ ...DEFAULT_SETTINGS, quotas: scene.store.quotas }).quotas).toEqual(scene.store.quotas)
  })

  it('changes a quota under its name, and removes quotas by name or with their destination', async () => {
    await using scene = new Scene([daily, { ...daily, name: 'there', destinationId: 'd' }])
    await scene.keeper.begin()
    await scene.keeper.change(set('5 GB per week', { name: 'daily' }))
    expect(scene.store.quotas[0]).toEqual({ ...daily, amount: 5e9, windowMs: 7 * DAY })
    await scene.keeper.forgetDestination('d')
    expect(scene.keeper.views.map(({ name }) => name)).toEqual(['daily'])
    expect(await scene.keeper.change({ kind: 'remove', name: 'daily' })).toEqual([])
    expect(scene.store.quotas).toEqual([])
  })

  it.each([
    ['0 GB/day'],
    ['-5 GB/day'],
    ['20 GB'],
    ['20 GB per fortnight'],
    ['1e400 GB/day'],
    ['NaN files/hour'],
    ['1.5 files/second'],
    [''],
    ['1 MB/day', 'spread' as const],
    ['10 files per day', 'spread' as const],
  ])('refuses %j in one sentence, and changes nothing', async (text, mode: 'stop' | 'spread' = 'stop') => {
    await using scene = new Scene([daily])
    const refusal = await scene.keeper.change(set(text, { mode })).catch((error) => error)
    expect(refusal).toBeInstanceOf(BadInput)
    expect(refusal.message).toMatch(/^\S[^\n]{10,250}\.$/)
    expect(scene.store.quotas).toEqual([daily])
  })

  it('keeps 50 quotas at the most', async () => {
    const fifty = Array.from({ length: 50 }, (_, index) => ({ ...daily, name: `q${index}` }))
    await using scene = new Scene(fifty)
    await expect(scene.keeper.change(set('1 GB/day'))).rejects.toThrow('There can be 50 quotas and no more.')
    expect(await scene.keeper.change(set('1 GB/day', { name: 'q7' }))).toHaveLength(50)
  })

  it('keeps the counts across a restart', async () => {
    const buckets = [{ endMs: Date.now() - 1000, count: 7e9 }]
    const saved = { name: 'daily', unit: 'bytes', total: 9e9, runMs: 5000, buckets }
    writeFileSync(join(folder, 'quotas.json'), JSON.stringify({ version: 1, quotas: [saved] }))
    {
      await using first = new Scene([daily])
      await first.keeper.begin()
      expect(first.keeper.views).toMatchObject([{ used: 7e9, left: 13e9 }])
      await first.keeper.save()
    }
    const onDisk = JSON.parse(readFileSync(join(folder, 'quotas.json'), 'utf8'))
    expect(onDisk).toEqual({ version: 1, quotas: [{ ...saved, runMs: expect.any(Number) }] })
    await using second = new Scene([daily])
    await second.keeper.begin()
    expect(second.keeper.views).toMatchObject([{ used: 7e9, left: 13e9 }])
  })

  it.each([
    ['is not JSON', '{"version": 1, "quo'],
    ['is of another kind', '{"version": 2, "quotas": []}'],
    [
      'has a count that cannot be',
      '{"version":1,"quotas":[{"name":"a","unit":"bytes","total":-1,"runMs":0,"buckets":[]}]}',
    ],
  ])('sets a file of counts aside that %s, says so, and counts anew', async (_why, content) => {
    writeFileSync(join(folder, 'quotas.json'), content)
    const counts = new QuotaCounts(folder, openConf, NOW_MS)
    expect(counts.saved).toBe(null)
    const aside = readdirSync(folder).find((name) => name.startsWith('quotas.corrupt-'))
    expect(readFileSync(join(folder, aside ?? ''), 'utf8')).toBe(content)
    expect(counts.notice).toMatch(new RegExp(`^What your quotas had counted .+${aside}\\.$`))
    await using scene = new Scene([daily], counts)
    await scene.keeper.begin()
    await scene.keeper.save()
    expect(new QuotaCounts(folder, openConf, NOW_MS).saved?.quotas).toMatchObject([{ name: 'daily', total: 0 }])
  })

  it('says once when the counts cannot be written, and goes on', async () => {
    const full = {
      saved: null,
      write: () => {
        throw new Error('the disk is full')
      },
    }
    await using scene = new Scene([daily], full as unknown as QuotaCounts)
    await scene.keeper.begin()
    await scene.keeper.save()
    await scene.keeper.save()
    expect(scene.failures).toEqual(['What your quotas have counted could not be saved: the disk is full.'])
  })
})

describe('the contract of quotas', () => {
  it.each([
    ['no kind', { text: '1 GB/day' }],
    ['an endless text', set('1'.repeat(201))],
    ['an unknown mode', { ...set('1 GB/day'), mode: 'maybe' }],
    ['an extra key', { ...set('1 GB/day'), extra: 1 }],
    ['a destination that is no name', set('1 GB/day', { destinationId: '' })],
    ['the removal of nothing', { kind: 'remove', name: ' ' }],
  ])('refuses %s', (_what, input) => {
    expect(COMMANDS.changeQuotas.safeParse(input).success).toBe(false)
  })

  it.each([
    { amount: 0 },
    { amount: 1.5 },
    { amount: Number.POSITIVE_INFINITY },
    { windowMs: 59_999 },
    { windowMs: Number.NaN },
    { name: '' },
    { unit: 'miles' },
    { mode: 'never' },
  ])('accepts no quota in the settings with %j', (changes) => {
    const quotas = [{ ...daily, ...changes }]
    expect(settingsSchema.safeParse({ ...DEFAULT_SETTINGS, quotas: [daily] }).success).toBe(true)
    expect(settingsSchema.safeParse({ ...DEFAULT_SETTINGS, quotas }).success).toBe(false)
  })
})
