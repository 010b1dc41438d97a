import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import type { DemoServer } from '../../src/main/demo/server.ts'
import type { TransferOptions } from '../../src/main/engine/api.ts'
import { statsOf } from '../../src/main/engine/engine-stats.ts'
import { MiB } from '../support/engine-scene.ts'
import { endless, pieces, StreamScene } from '../support/stream-scene.ts'
import { crc32Base64 } from '../support/sums.ts'

describe('a stream of unknown length', () => {
  it.each<[string, number, number]>([
    ['nothing', 0, 0],
    ['one byte', 1, 0],
    ['a byte less than a part', 5 * MiB - 1, 0],
    ['exactly a part', 5 * MiB, 0],
    ['a byte more than a part', 5 * MiB + 1, 2],
    ['exactly two parts', 10 * MiB, 2],
    ['three parts and a bit', 15 * MiB + 7, 4],
  ])('arrives byte for byte: %s', async (_, length, parts) => {
    await using scene = await StreamScene.start()
    const bytes = randomBytes(length)
    expect(await scene.upload(pieces(bytes))).toMatchObject({
      phase: 'completed',
      path: '-',
      key: 'k',
      sizeBytes: length,
      verified: 'checksum',
      checksum: { algorithm: 'crc32', value: crc32Base64(bytes), partBytes: null },
      resentBytes: 0,
    })
    expect(bytes.equals(await scene.far.bytes('k'))).toBe(true)
    expect([scene.requests('UploadPart'), scene.requests('PutObject')]).toEqual([parts, parts === 0 ? 1 : 0])
    expect(statsOf(scene.engine)).toMatchObject({
      sentBytes: length,
      confirmedBytes: length,
      totalBytes: length,
      completed: 1,
      unfinished: 0,
    })
    expect(await scene.far.openUploads()).toEqual([])
    expect(scene.engine.idle).toBe(true)
  })

  it('goes without checksums when none are wanted', async () => {
    await using scene = await StreamScene.start()
    const bytes = randomBytes(6 * MiB)
    expect(await scene.upload(pieces(bytes), { checksum: 'none' })).toMatchObject({
      phase: 'completed',
      checksum: null,
    })
    expect(bytes.equals(await scene.far.bytes('k'))).toBe(true)
  })

  it('is followed by no more than the parts that may be in memory', async () => {
    await using scene = await StreamScene.start(16 * 1024)
    let given = 0
    async function* generous() {
      for (; given < 200; given++) yield randomBytes(MiB)
    }
    scene.begin(generous())
    await scene.until(() => statsOf(scene.engine).sentBytes > 0)
    // Time enough to read the rest, if nothing held it back.
    await sleep(500)
    // Under this limit one part is on its way and one is read; the piece that shows that a part is not the last is a third.
    expect(given * MiB).toBeLessThanOrEqual(2 * 5 * MiB + MiB)
    await scene.engine.stop(true)
  })

  it('waits for a slow producer', async () => {
    await using scene = await StreamScene.start()
    const bytes = randomBytes(50)
    async function* slow() {
      for (const byte of bytes) {
        await sleep(5)
        yield new Uint8Array([byte])
      }
    }
    expect(await scene.upload(slow())).toMatchObject({ phase: 'completed', sizeBytes: 50 })
    expect(bytes.equals(await scene.far.bytes('k'))).toBe(true)
  })

  it('passes the limits of the transfer, the destination and everything, with each byte on the wire', async () => {
    await using scene = await StreamScene.start(4 * MiB)
    const { engine } = scene
    engine.setDestinationPace('d', { limitBytesPerSecond: 5 * MiB, requestsPerSecond: null, filesPerSecond: null })
    const { table } = engine.limits
    scene.begin(pieces(randomBytes(6 * MiB)))
    const [transfer] = engine.queue.list
    const ownNode = transfer?.work?.node ?? -1
    engine.setTransferLimit(transfer?.id ?? -1, 6 * MiB)
    expect(await scene.end()).toMatchObject({ phase: 'completed' })
    const onTheWire = engine.counters.socketBytes()
    // Two heads beside the payload; the nodes above are charged for the control calls as well.
    expect(onTheWire).toBeGreaterThan(6 * MiB + 600)
    expect(table.granted(ownNode)).toBe(onTheWire)
    const destinationNode = engine.destinations.get('d')?.nodes.bytes ?? -1
    for (const node of [destinationNode, table.tree.parent(destinationNode) ?? -1]) {
      expect(table.granted(node)).toBeGreaterThan(onTheWire + 1_000)
      expect(table.granted(node)).toBeLessThan(onTheWire + 8_000)
    }
  })

  it('is held to the limit of its own node', async () => {
    await using scene = await StreamScene.start()
    scene.begin(endless(randomBytes(6 * MiB)))
    await scene.until(() => scene.engine.queue.list.length === 1)
    const [transfer] = scene.engine.queue.list
    scene.engine.setTransferLimit(transfer?.id ?? -1, 0)
    await scene.until(() => scene.requests('CreateMultipartUpload') === 1)
    await sleep(300)
    expect(statsOf(scene.engine).sentBytes).toBe(0)
    scene.engine.setTransferLimit(transfer?.id ?? -1, null)
    await scene.until(() => statsOf(scene.engine).confirmedBytes === 5 * MiB)
    await scene.engine.stop(true)
  })

  it('starts no part that could not end before a pause that is announced', async () => {
    await using scene = await StreamScene.start(2.5 * MiB)
    const nextPauseMs = Date.now() + 3_000
    scene.engine.setLimit({ limitBytesPerSecond: 2.5 * MiB, nextPauseMs })
    const bytes = randomBytes(6 * MiB)
    scene.begin(pieces(bytes))
    await scene.until(() => [...scene.engine.streams].some((stream) => stream.awaitsPause))
    await scene.until(() => Date.now() >= nextPauseMs)
    scene.engine.setPaused(true)
    expect(statsOf(scene.engine).sentBytes).toBe(0)
    scene.engine.setLimit({ limitBytesPerSecond: null })
    scene.engine.setPaused(false)
    expect(await scene.end()).toMatchObject({ phase: 'completed', resentBytes: 0 })
    expect(bytes.equals(await scene.far.bytes('k'))).toBe(true)
  })
})

describe('trouble on the way', () => {
  const slowDown = { kind: 'answer', status: 503, code: 'SlowDown' } as const
  it.each<[string, Parameters<DemoServer['setFaults']>[0]]>([
    ['503 on a part', [{ on: 'UploadPart', partNumber: 2, do: slowDown }]],
    ['a connection that breaks in mid-part', [{ on: 'UploadPart', times: 2, do: { kind: 'drop', afterBytes: MiB } }]],
    ['a lost answer to a part', [{ on: 'UploadPart', do: { kind: 'drop', when: 'after-commit' } }]],
    ['503 on the look at the key', [{ on: 'HeadObject', do: slowDown }]],
    ['500 on create', [{ on: 'CreateMultipartUpload', do: { kind: 'answer', status: 500, code: 'InternalError' } }]],
    [
      'a lost answer to the completion',
      [{ on: 'CompleteMultipartUpload', do: { kind: 'drop', when: 'after-commit' } }],
    ],
    ['an error inside a 200', [{ on: 'CompleteMultipartUpload', do: { kind: 'error-in-ok', code: 'InternalError' } }]],
    ['an answer without an ETag', [{ on: 'UploadPart', do: { kind: 'empty-answer' } }]],
    ['a server that ignores checksums', [{ on: 'any', times: null, do: { kind: 'ignore-checksums' } }]],
  ])('is mended from memory: %s', async (_, faults) => {
    await using scene = await StreamScene.start()
    scene.server.setFaults(faults)
    const bytes = randomBytes(13 * MiB)
    expect(await scene.upload(pieces(bytes))).toMatchObject({ phase: 'completed', error: null })
    expect(bytes.equals(await scene.far.bytes('k'))).toBe(true)
  })

  it.each<[string, Parameters<DemoServer['setFaults']>[0]]>([
    ['503', [{ on: 'PutObject', do: slowDown }]],
    ['a lost answer', [{ on: 'PutObject', do: { kind: 'drop', when: 'after-commit' } }]],
    [
      'a lost answer of a server without checksums',
      [
        { on: 'PutObject', do: { kind: 'drop', when: 'after-commit' } },
        { on: 'any', times: null, do: { kind: 'ignore-checksums' } },
      ],
    ],
    [
      'a server without If-None-Match',
      [{ on: 'PutObject', do: { kind: 'answer', status: 501, code: 'NotImplemented' } }],
    ],
  ])('is mended for a small object too: %s', async (_, faults) => {
    await using scene = await StreamScene.start()
    scene.server.setFaults(faults)
    expect(await scene.upload(pieces(Buffer.from('small')))).toMatchObject({ phase: 'completed', error: null })
    expect(String(await scene.far.bytes('k'))).toBe('small')
  })

  it('counts what went twice', async () => {
    await using scene = await StreamScene.start()
    scene.server.setFaults([{ on: 'UploadPart', partNumber: 1, do: { kind: 'drop', when: 'after-commit' } }])
    expect(await scene.upload(pieces(randomBytes(6 * MiB)))).toMatchObject({ resentBytes: 5 * MiB })
    expect(statsOf(scene.engine)).toMatchObject({ sentBytes: 11 * MiB, resentBytes: 5 * MiB, retries: 1 })
  })

  it('ends when it was told to give up, and leaves nothing', async () => {
    await using scene = await StreamScene.start()
    scene.server.setFaults([{ on: 'UploadPart', times: null, do: slowDown }])
    const end = await scene.upload(pieces(randomBytes(12 * MiB)), { giveUpAfterMs: 500 })
    expect(end).toMatchObject({ phase: 'failed', error: { code: 'throttled' } })
    await scene.expectNothing()
  })

  it('never calls an object complete that the server stored wrongly', async () => {
    await using scene = await StreamScene.start()
    scene.server.setFaults([
      { on: 'UploadPart', times: null, do: { kind: 'store-wrong-byte', offset: 5, reports: 'its-own' } },
    ])
    const end = await scene.upload(pieces(randomBytes(6 * MiB)))
    expect(end).toMatchObject({ phase: 'failed', error: { code: 'checksum-mismatch' } })
    await scene.expectNothing()
  })

  it('of the source completes nothing, whatever arrived before', async () => {
    await using scene = await StreamScene.start()
    async function* broken() {
      yield randomBytes(11 * MiB)
      await scene.until(() => scene.requests('UploadPart') > 0)
      throw Object.assign(new Error('read EIO'), { code: 'EIO' })
    }
    const end = await scene.upload(broken())
    expect(end).toMatchObject({ phase: 'failed', error: { code: 'source-unreadable' } })
    expect(end.error?.message).toMatch(/could not be read to its end \(EIO\)/)
    await scene.expectNothing()
  })

  it('that only a person can mend ends it and leaves the source alone', async () => {
    await using scene = await StreamScene.start()
    scene.server.setFaults([
      { on: 'CreateMultipartUpload', times: null, do: { kind: 'answer', status: 403, code: 'AccessDenied' } },
    ])
    const source = endless(randomBytes(6 * MiB))
    expect(await scene.upload(source)).toMatchObject({ phase: 'failed', error: { code: 'access-denied' } })
    expect(source.left()).toBe(true)
    expect(scene.events).toContainEqual(expect.objectContaining({ type: 'destination', error: expect.anything() }))
    await scene.expectNothing()
  })
})

describe('being stopped', () => {
  it('aborts the upload and lets the source go, although it is silent', async () => {
    await using scene = await StreamScene.start()
    const source = endless(randomBytes(7 * MiB))
    scene.begin(source)
    await scene.until(() => statsOf(scene.engine).confirmedBytes === 5 * MiB)
    expect(await scene.far.openUploads()).toEqual(['k'])
    await scene.engine.stop(false)
    expect(await scene.end()).toMatchObject({ phase: 'cancelled', error: null })
    expect(source.left()).toBe(true)
    await scene.expectNothing()
  })

  it('cuts parts that are on their way', async () => {
    await using scene = await StreamScene.start(256 * 1024)
    scene.begin(endless(randomBytes(30 * MiB)))
    await scene.until(() => statsOf(scene.engine).sentBytes > 0)
    await scene.engine.stop(true)
    expect(await scene.end()).toMatchObject({ phase: 'cancelled' })
    expect(statsOf(scene.engine).connections).toBe(0)
    await scene.expectNothing()
  })

  it('is possible while everything is paused', async () => {
    await using scene = await StreamScene.start()
    scene.engine.setPaused(true)
    scene.begin(endless(randomBytes(30 * MiB)))
    await scene.engine.stop(true)
    expect(await scene.end()).toMatchObject({ phase: 'cancelled' })
    await scene.expectNothing()
  })
})

describe('a key that exists', () => {
  it.each<[TransferOptions['onExists'], object]>([
    ['skip', { phase: 'skipped', skipReason: 'exists' }],
    ['fail', { phase: 'failed', error: { code: 'exists', message: expect.stringMatching(/^[^,]*: k$/) } }],
    ['skip-same', { phase: 'failed', error: { code: 'exists', message: expect.stringMatching(/cannot be compared/) } }],
  ])('is left alone with %s, and the source unread', async (onExists, expected) => {
    await using scene = await StreamScene.start()
    await scene.far.put('k', 'old')
    const source = endless(Buffer.from('new'))
    expect(await scene.upload(source, { onExists })).toMatchObject(expected)
    expect(String(await scene.far.bytes('k'))).toBe('old')
  })

  it('is replaced with overwrite', async () => {
    await using scene = await StreamScene.start()
    await scene.far.put('k', 'old')
    expect(await scene.upload(pieces(Buffer.from('new')), { onExists: 'overwrite' })).toMatchObject({
      phase: 'completed',
    })
    expect(String(await scene.far.bytes('k'))).toBe('new')
  })

  it('is not ours because it has the same bytes', async () => {
    await using scene = await StreamScene.start()
    async function* late() {
      yield Buffer.from('same')
      await scene.far.put('k', 'same')
    }
    expect(await scene.upload(late())).toMatchObject({ phase: 'failed', error: { code: 'exists' } })
  })

  it.each([3, 6 * MiB])('is not replaced when somebody else was faster (%i bytes)', async (length) => {
    await using scene = await StreamScene.start()
    async function* late() {
      yield randomBytes(length)
      await scene.far.put('k', 'theirs')
    }
    expect(await scene.upload(late())).toMatchObject({ phase: 'failed', error: { code: 'exists' } })
    expect(String(await scene.far.bytes('k'))).toBe('theirs')
    await scene.engine.calls.abortsDone()
    expect(await scene.far.openUploads()).toEqual([])
  })
})
