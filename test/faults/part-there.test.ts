import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Fault } from '../../src/main/demo/faults.ts'
import { destinationOf, MiB } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'

/**
 * The server has answered for a part, and the process is killed before it has written that down: the next one compares what
 * the server lists with the file.
 */
const PART = 5 * MiB
const BYTES = randomBytes(2 * PART + 7)

/** How often each part was sent and the upload completed, and how many bytes are told as sent again. */
async function killedAfterFirstPart(faults: readonly Fault[], isReplaced: boolean) {
  await using scene = await RestartScene.start()
  await scene.write('large', BYTES)
  scene.server.setFaults([...faults])
  const first = scene.engine({ connections: 1 }, { SLUICE_CRASH_AT: 'after a job' })
  await first.call('putDestination', destinationOf(scene.server))
  await first.call('addBatch', scene.batch()).catch(() => {})
  while (first.alive) await new Promise((resolve) => setTimeout(resolve, 5))
  await scene.requests('UploadPart', 1)
  if (isReplaced) await scene.far.replacePart('p/large', 1, randomBytes(PART))
  const second = await scene.restarted({ connections: 1 })
  await scene.finished(second)
  expect(BYTES.equals(await scene.far.bytes('p/large'))).toBe(true)
  const [batch] = await second.call('batches', null)
  const ends = await second.call('batchEnds', { batchId: batch?.batchId ?? 0, afterId: 0, limit: 10 })
  const times = [1, 2, 3].map((part) => scene.server.log.filter(({ partNumber }) => partNumber === part).length)
  const completions = scene.server.log.filter(({ operation }) => operation === 'CompleteMultipartUpload').length
  return { times, completions, resentBytes: ends.map(({ resentBytes }) => resentBytes) }
}

describe.each([
  ['its checksum', []],
  ['only its ETag, which is its MD5,', [{ on: 'any', times: null, do: { kind: 'ignore-checksums' } }]],
] satisfies [string, Fault[]][])('where the server lists %s', (_, faults) => {
  it('a part that arrived is not sent again', async () => {
    const expected = { times: [1, 1, 1], completions: 1, resentBytes: [0] }
    expect(await killedAfterFirstPart(faults, false)).toEqual(expected)
  })

  it('a part that it holds with other bytes is sent again, and that is told', async () => {
    // One of the three is what the test put there.
    const expected = { times: [3, 1, 1], completions: 1, resentBytes: [PART] }
    expect(await killedAfterFirstPart(faults, true)).toEqual(expected)
  })
})
