import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BLOCK_BYTES, BlockPool, HeldBytes } from '../../src/main/engine/held-bytes.ts'

const OWN_BYTES = 4 * BLOCK_BYTES
const BODY = randomBytes(10 * BLOCK_BYTES)

function heldOver(blocks: number) {
  const pool = new BlockPool(blocks * BLOCK_BYTES)
  return { pool, held: new HeldBytes(Buffer.allocUnsafeSlow(OWN_BYTES), pool) }
}

/** As a checksum is taken: how many bytes were kept. */
function readThrough(held: HeldBytes, body: Uint8Array): number {
  let kept = 0
  for (let at = 0; at < body.byteLength; at += BLOCK_BYTES) {
    const block = body.subarray(at, at + BLOCK_BYTES)
    const view = held.keep(at, block.byteLength, body.byteLength)
    view?.set(block)
    kept += view?.byteLength ?? 0
  }
  return kept
}

/** As a body is written, in steps of so many bytes; answers what was taken. */
function send(held: HeldBytes, body: Uint8Array, steps: readonly number[], most = body.byteLength): Buffer {
  const sent: Uint8Array[] = []
  let bytes = 0
  for (let step = 0; bytes < most; step++) {
    const enough = steps[step % steps.length] ?? 1
    const room = held.room(body.byteLength - bytes, enough)
    if (room > 0) {
      const view = held.add(room)
      const from = bytes + held.bytes - room
      view.set(body.subarray(from, from + room))
    }
    const pieces = held.take(Math.min(enough, held.bytes))
    // What is released may be overwritten at once.
    sent.push(...pieces.map((piece) => Buffer.from(piece)))
    bytes = sent.reduce((sum, { byteLength }) => sum + byteLength, 0)
    held.release()
  }
  return Buffer.concat(sent)
}

function takeAll(pool: BlockPool): number {
  let blocks = 0
  for (let block = pool.take(); block !== null; block = pool.take()) {
    new Uint8Array(block).fill(0)
    blocks++
  }
  return blocks
}

describe('what is held of a body', () => {
  it('is the body, however much memory there is and however it is taken, and all memory comes back', () => {
    const steps = fc.array(fc.integer({ min: 1, max: OWN_BYTES }), { minLength: 1, maxLength: 5 })
    const sizes = fc.oneof(fc.integer({ min: 0, max: BODY.byteLength }), fc.constantFrom(BLOCK_BYTES, 4 * BLOCK_BYTES))
    fc.assert(
      fc.property(sizes, fc.integer({ min: 0, max: 12 }), steps, (bytes, blocks, most) => {
        // Few bytes at a time only of a small body: it is the turns that cost.
        const body = BODY.subarray(0, most.some((step) => step < 10_000) ? Math.min(bytes, 100_000) : bytes)
        const { pool, held } = heldOver(blocks)
        for (let job = 0; job < 2; job++) {
          const kept = readThrough(held, body)
          expect(kept).toBe(
            body.byteLength <= BLOCK_BYTES ? body.byteLength : Math.min(body.byteLength, blocks * BLOCK_BYTES),
          )
          expect(held.rewind()).toBe(true)
          expect(send(held, body, most).equals(body)).toBe(true)
          held.clear()
          expect(held.bytes).toBe(0)
        }
        expect(takeAll(pool)).toBe(blocks)
      }),
      { numRuns: 60 },
    )
  })

  it('serves others as soon as it is sent', () => {
    const { pool, held } = heldOver(3)
    const body = BODY.subarray(0, 3 * BLOCK_BYTES)
    readThrough(held, body)
    expect(pool.take()).toBeNull()
    held.rewind()
    const first = send(held, body, [BLOCK_BYTES], BLOCK_BYTES)
    expect(takeAll(pool)).toBe(1)
    expect(Buffer.concat([first, ...held.take(2 * BLOCK_BYTES)]).equals(body)).toBe(true)
  })

  it('is read again where it is sent again and some of its memory is gone', () => {
    const { pool, held } = heldOver(3)
    const body = BODY.subarray(0, 3 * BLOCK_BYTES)
    readThrough(held, body)
    held.rewind()
    send(held, body, [BLOCK_BYTES], BLOCK_BYTES)
    expect(held.rewind()).toBe(false)
    expect(held.bytes).toBe(0)
    expect(takeAll(pool)).toBe(3)
    expect(send(held, body, [BLOCK_BYTES]).equals(body)).toBe(true)
  })

  it('is sent again from memory where nothing of it is gone', () => {
    const { pool, held } = heldOver(2)
    for (const body of [BODY.subarray(0, 1000), BODY.subarray(0, 2 * BLOCK_BYTES)]) {
      readThrough(held, body)
      held.rewind()
      held.take(700)
      held.release()
      expect(held.rewind()).toBe(true)
      expect(Buffer.concat(held.take(held.bytes)).equals(body)).toBe(true)
      held.clear()
    }
    expect(takeAll(pool)).toBe(2)
  })

  it('keeps nothing after what it could not keep', () => {
    const { pool, held } = heldOver(2)
    const [one] = [pool.take(), pool.take()]
    const bytes = BODY.byteLength
    expect(held.keep(0, BLOCK_BYTES, bytes)).toBeNull()
    if (one !== undefined && one !== null) pool.giveBack(one)
    expect(held.keep(BLOCK_BYTES, BLOCK_BYTES, bytes)).toBeNull()
    expect(held.bytes).toBe(0)
    expect(held.kept).toEqual([])
  })
})
