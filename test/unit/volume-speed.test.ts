import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { VolumeSpeed } from '../../src/main/engine/volume-speed.ts'

/** Volumes whose calls take as long as a test says. */
class Rig {
  #nowMs = 0
  readonly #speed = new VolumeSpeed(() => this.#nowMs)

  get nowMs(): number {
    return this.#nowMs
  }

  /** How the call was made. */
  call(ms: number, device = 1n): Promise<string> {
    const took = (how: string) => {
      this.#nowMs += ms
      return how
    }
    return this.#speed.run(
      device,
      () => took('direct'),
      async () => took('pooled'),
    )
  }

  /** How many quick calls are made before one is direct. */
  async untilDirect(): Promise<number> {
    for (let calls = 0; calls < 10_000; calls++) if ((await this.call(0.1)) === 'direct') return calls
    throw new Error('none was')
  }
}

it('asks a volume directly once it was quick several times in a row, and each volume for itself', async () => {
  const rig = new Rig()
  expect(await rig.untilDirect()).toBe(8)
  expect(await rig.call(0.1)).toBe('direct')
  expect(await rig.call(0.1, 2n)).toBe('pooled')
})

it('is not put off by slow answers of a thread that has just started', async () => {
  const rig = new Rig()
  for (let call = 0; call < 4; call++) expect(await rig.call(40)).toBe('pooled')
  expect(await rig.untilDirect()).toBe(8)
})

it('never asks a volume directly that is slow now and then', async () => {
  const rig = new Rig()
  for (let call = 0; call < 1000; call++) expect(await rig.call(call % 8 === 7 ? 15 : 0.1)).toBe('pooled')
})

it('wants more proof each time that a direct call was slow, and little again where most are quick', async () => {
  const rig = new Rig()
  const proofs: number[] = []
  for (let round = 0; round < 9; round++) {
    proofs.push(await rig.untilDirect())
    expect(await rig.call(200)).toBe('direct')
  }
  expect(proofs).toEqual([8, 16, 32, 64, 128, 256, 512, 1024, 1024])
  await rig.untilDirect()
  for (let call = 0; call < 1000; call++) expect(await rig.call(0.1)).toBe('direct')
  expect(await rig.call(200)).toBe('direct')
  expect(await rig.untilDirect()).toBe(8)
})

it('passes failures on, made in the same way', async () => {
  const speed = new VolumeSpeed(() => 0)
  const pooled = async (): Promise<void> => {
    throw new Error('pooled')
  }
  const direct = () => {
    throw new Error('direct')
  }
  for (let call = 0; call < 8; call++) await expect(speed.run(1n, direct, pooled)).rejects.toThrow('pooled')
  await expect(speed.run(1n, direct, pooled)).rejects.toThrow('direct')
})

it('learns nothing from calls that were made before a volume was known to be quick', async () => {
  let nowMs = 0
  const speed = new VolumeSpeed(() => nowMs)
  const direct = () => 'direct'
  let answer = (_how: string) => {}
  const early = speed.run(1n, direct, () => new Promise<string>((resolve) => (answer = resolve)))
  for (let call = 0; call < 8; call++) await speed.run(1n, direct, async () => 'pooled')
  nowMs += 1000
  answer('late')
  expect(await early).toBe('late')
  expect(await speed.run(1n, direct, async () => 'pooled')).toBe('direct')
})

it('lets the thread do other things while files are read directly to their ends', async () => {
  const rig = new Rig()
  await rig.untilDirect()
  let isReading = true
  const turns: number[] = []
  const other = (async () => {
    for (; isReading; await setImmediate()) turns.push(rig.nowMs)
  })()
  const read = async () => {
    for (let call = 0; call < 100; call++) expect(await rig.call(0.25)).toBe('direct')
  }
  await Promise.all([read(), read(), read(), read()])
  isReading = false
  turns.push(rig.nowMs)
  await other
  const apart = turns.slice(1).map((atMs, index) => atMs - (turns[index] ?? 0))
  expect(rig.nowMs).toBeGreaterThan(100)
  // 1 ms, and what was called before it was over.
  expect(Math.max(...apart)).toBeLessThanOrEqual(1.5)
})

it('reads one body after another through on a quick volume, and all at once where they wait for it', async () => {
  const speed = new VolumeSpeed(() => 0)
  const { signal } = new AbortController()
  const calls: string[] = []
  const body = (name: string, device = 1n) =>
    speed.readThrough(
      device,
      async () => {
        for (let call = 0; call < 5; call++) {
          await speed.run(
            device,
            () => calls.push(name),
            async () => calls.push(name),
          )
        }
      },
      signal,
    )
  await Promise.all([body('a'), body('b')])
  expect(calls.join('')).toMatch(/^(ab){5}$/)
  calls.length = 0
  await Promise.all([body('a'), body('b'), body('c')])
  expect(calls.join('')).toBe('aaaaabbbbbccccc')
  calls.length = 0
  await Promise.all([body('a', 2n), body('b', 2n)])
  await Promise.all([body('c'), body('d', 2n)])
  expect(calls.join('')).toMatch(/^(ab){5}(cd){5}$/)
})
