import { describe, expect, it } from 'vitest'
import type { Gate } from '../../src/main/core/gate.ts'
import { admits, afterNetworkChange, closesGate, OPEN } from '../../src/main/core/gate.ts'
import type { ErrorCode, TransferError } from '../../src/shared/errors.ts'

const LOST: TransferError = { code: 'network-lost', message: 'lost' }
const closed: Gate = { kind: 'closed', error: LOST, attempt: 7, untilMs: 300_000, sinceMs: 1_000 }
const probing: Gate = { kind: 'probing', error: LOST, attempt: 7, sinceMs: 1_000 }

describe('whose trouble a failure is', () => {
  it.each<[string, boolean, ErrorCode, number, Gate, boolean]>([
    ['one key of a server that is well', false, 'server-unavailable', 1, OPEN, true],
    ['a second one', false, 'network-lost', 2, OPEN, true],
    ['a third one, with no success in between', true, 'request-timeout', 3, OPEN, true],
    ['the first request of all', true, 'network-lost', 1, OPEN, false],
    ['the request that was to find out', true, 'server-unavailable', 1, probing, true],
    ['one that was under way when the others failed', true, 'server-unavailable', 1, closed, true],
    ['a server that asks for less', true, 'throttled', 1, OPEN, true],
    ['a host that is not found', true, 'host-not-found', 1, OPEN, true],
    ['a connection that is refused', true, 'connection-refused', 1, OPEN, true],
  ])('%s: the whole destination rests: %s', (_what, rests, code, failedKeys, gate, answered) => {
    expect(closesGate(gate, code, failedKeys, answered)).toBe(rests)
  })
})

describe('after a change of the network', () => {
  const changed = (gate: Gate) => afterNetworkChange(gate, LOST, 50_000, 51_000)

  it.each([
    ['open', OPEN],
    ['closed for minutes', closed],
    ['just trying', probing],
  ])('a gate that was %s lets the next request through within seconds, as a first try', (_what, gate) => {
    const next = changed(gate)
    expect(next).toMatchObject({ kind: 'closed', attempt: 0, untilMs: 51_000 })
    expect([admits(next, 50_999), admits(next, 51_000)]).toEqual([false, true])
  })

  it('forgets nothing of how long it has failed', () => {
    expect(changed(closed)).toMatchObject({ sinceMs: 1_000 })
    expect(changed(probing)).toMatchObject({ sinceMs: 1_000 })
  })

  it('asks no server before the time that it named, and mends nothing that a person must', () => {
    const throttled: Gate = { ...closed, error: { code: 'throttled', message: '', retryAfterMs: 299_000 } }
    const blocked: Gate = { kind: 'blocked', error: { code: 'auth-rejected', message: '' } }
    expect(changed(throttled)).toBe(throttled)
    expect(changed(blocked)).toBe(blocked)
  })
})
