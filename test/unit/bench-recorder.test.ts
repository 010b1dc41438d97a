import { expect, test } from 'vitest'
import { Recorder } from '../../bench/support/recorder.ts'

const MS = 1_000_000n
const times = { firstNs: String(100n * MS), lastNs: String(200n * MS) }

test('a first write that was read in pieces is one arrival, which starts the clock and is not counted', () => {
  const recorder = new Recorder()
  const [one, other] = [{}, {}]
  recorder.arrived(one, 65_482, 100n * MS - 5_000n)
  recorder.arrived(one, 34_391, 100n * MS + 20_000n)
  recorder.arrived(other, 7, 100n * MS + 30_000n)
  recorder.arrived(one, 99_873, 110n * MS - 1n)
  recorder.arrived(one, 99_873, 200n * MS)
  recorder.arrived(one, 300, 201n * MS)
  const { bins, bytes, seconds, binsOfConnections } = recorder.arrivals(times)
  expect(bytes).toBe(7 + 2 * 99_873)
  expect(bins[0]).toBe(7 + 99_873)
  expect(seconds).toBe(0.1)
  expect(binsOfConnections.map((own) => own[0])).toEqual([7, 99_873])
})

test('nothing is known before a body has come', () => {
  const recorder = new Recorder()
  recorder.arrived({}, 1000)
  expect(recorder.arrivals(null)).toMatchObject({ firstNs: null, bytes: 0, bins: [] })
})
