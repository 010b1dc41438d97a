import { expect, test } from 'vitest'
import { Recorder } from '../../bench/support/recorder.ts'

const MS = 1_000_000n
const times = { firstNs: String(100n * MS), lastNs: String(200n * MS) }

test('a first write that was read in pieces is one arrival, which starts the clock and is not counted', () => {
  const recorder = new Recorder()
  const [one, other] = [{}, {}]
  recorder.arrived(one, 65_482, 100n * MS - 5_000n)
  recorder.arrived(one, 34_391, 100n * MS + 20_000n)
  recorder.arrived(other, 7, 100n * MS + 1_300_000n)
  recorder.arrived(one, 99_873, 110n * MS - 1n)
  recorder.arrived(one, 99_873, 199n * MS)
  recorder.arrived(one, 300, 201n * MS)
  const { bins, binsOfConnections } = recorder.arrivals(times)
  expect(bins[0]).toBe(7 + 99_873)
  expect(bins[9]).toBe(99_873)
  expect(binsOfConnections.map((own) => own[0])).toEqual([7, 99_873])
})

test('of a few writes all but the first are in the mean', () => {
  const recorder = new Recorder()
  recorder.arrived({}, 1000, 100n * MS)
  for (let at = 1n; at <= 10n; at++) recorder.arrived({}, 1000, (100n + 10n * at) * MS)
  const { bytes, seconds } = recorder.arrivals(times)
  expect(bytes).toBe(10_000)
  expect(seconds).toBe(0.1)
})

test('of many the first and the last, which are what was left of a quantum, are in the bins and not in the mean', () => {
  const recorder = new Recorder()
  const connection = {}
  recorder.arrived(connection, 10, 100n * MS)
  // Each in two reads.
  for (let at = 0n; at < 150n; at++) {
    recorder.arrived(connection, 650, (103n + 10n * at) * MS)
    recorder.arrived(connection, 350, (103n + 10n * at) * MS + 100_000n)
  }
  recorder.arrived(connection, 50, 1603n * MS)
  const { bins, bytes, seconds } = recorder.arrivals({ ...times, lastNs: String(1603n * MS) })
  expect(bytes / seconds).toBeCloseTo(100_000)
  expect(seconds).toBe(1.49)
  expect(bins.reduce((a, b) => a + b)).toBe(150_050)
})

test('a single write has no mean', () => {
  const recorder = new Recorder()
  recorder.arrived({}, 1000, 100n * MS)
  expect(recorder.arrivals(times)).toMatchObject({ bytes: 0, seconds: 0 })
})

test('nothing is known before a body has come', () => {
  const recorder = new Recorder()
  recorder.arrived({}, 1000)
  expect(recorder.arrivals(null)).toMatchObject({ firstNs: null, bytes: 0, bins: [] })
})
