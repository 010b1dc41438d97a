import { randomBytes } from 'node:crypto'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { beforeEach, describe, expect, it, vi } from 'vitest'

const MODULE = '@node-rs/crc32'
const CHECK = Buffer.from('123456789')

/** As it is when a thread starts: nothing is loaded. */
async function fresh() {
  return {
    ...(await import('../../src/main/engine/crc32.ts')),
    ...(await import('../../src/main/engine/checksums.ts')),
  }
}

describe('the CRCs of the native module', () => {
  beforeEach(() => {
    vi.doUnmock(MODULE)
    vi.resetModules()
  })

  it('go on with a sum that was begun before it was there', async () => {
    const { crc32, loadNativeCrcs } = await fresh()
    const bytes = randomBytes(1_000_003)
    const begun = crc32(bytes.subarray(0, 70_001))
    const native = await loadNativeCrcs()
    expect(crc32(bytes.subarray(70_001), begun)).toBe(zlibCrc32(bytes))
    expect(native?.crc32(bytes)).toBe(zlibCrc32(bytes))
    expect(native?.crc32c(CHECK)).toBe(0xe3069283)
  })

  it('are taken without it where there is none for this system', async () => {
    vi.doMock(MODULE, () => {
      throw new Error('no module for this system')
    })
    const { crc32, loadNativeCrcs, openSummer } = await fresh()
    expect(await loadNativeCrcs()).toBeNull()
    expect(crc32(CHECK)).toBe(0xcbf43926)
    for (const [algorithm, hex] of [['crc32', 'cbf43926'] as const, ['crc32c', 'e3069283'] as const]) {
      const summer = await openSummer(algorithm)
      summer.begin()
      summer.update(CHECK)
      expect(summer.end()).toBe(Buffer.from(hex, 'hex').toString('base64'))
    }
  })
})
