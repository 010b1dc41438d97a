import { afterEach, expect, it, vi } from 'vitest'
import { dispatch } from '../../src/main/app/dispatch.ts'
import { BadInput } from '../../src/main/app/errors.ts'
import type { Handlers } from '../../src/shared/contract.ts'
import { COMMANDS } from '../../src/shared/contract.ts'
import { SluiceError } from '../../src/shared/errors.ts'

afterEach(() => vi.restoreAllMocks())

const calls: unknown[] = []
/** Every command answers with what it was given. */
const echo = Object.fromEntries(
  Object.keys(COMMANDS).map((name) => [
    name,
    async (input: unknown) => {
      calls.push([name, input])
      return input
    },
  ]),
) as unknown as Handlers

it('hands parsed input to the command of that name', async () => {
  const input = { limitBytesPerSecond: 5000 }
  expect(await dispatch(echo, 'setLimit', input)).toEqual({ ok: true, value: input })
})

it.each([
  ['an unknown name', 'formatDisk', {}],
  ['an inherited name', 'constructor', {}],
  ['a name that is no string', ['hello'], {}],
  ['an extra key', 'hello', { extra: true }],
  ['a missing input', 'setLimit', undefined],
  ['a rate below the floor', 'setLimit', { limitBytesPerSecond: 12 }],
  ['a rate that is no number', 'setLimit', { limitBytesPerSecond: Number.NaN }],
  ['too many paths', 'addPaths', { paths: new Array(10_001).fill('/a'), destinationId: 'demo' }],
  ['an endless path', 'listFolder', { path: 'x'.repeat(40_000) }],
])('refuses %s with one sentence and calls nothing', async (_what, name, input) => {
  calls.length = 0
  const result = await dispatch(echo, name, input)
  expect(result).toMatchObject({ ok: false, error: { code: 'bad-input' } })
  if (!result.ok) expect(result.error.message).toMatch(/^[A-Z].{1,300}\.$/)
  expect(calls).toEqual([])
})

it('gives the code, sentence and details of a failure, and nothing else', async () => {
  const failing: Handlers = {
    ...echo,
    hello: async () => {
      throw new SluiceError({ code: 'access-denied', message: 'No.', detail: 'HTTP 403' }, new Error('secret'))
    },
    startDemo: async () => {
      throw new BadInput('Not now.')
    },
  }
  const error = { code: 'access-denied', message: 'No.', detail: 'HTTP 403' }
  expect(await dispatch(failing, 'hello', {})).toEqual({ ok: false, error })
  expect(await dispatch(failing, 'startDemo', {})).toEqual({
    ok: false,
    error: { code: 'bad-input', message: 'Not now.' },
  })
})

it('keeps the text of an unforeseen error on this side', async () => {
  const log = vi.spyOn(console, 'error').mockImplementation(() => {})
  const failing: Handlers = {
    ...echo,
    hello: async () => {
      throw new Error('password=hunter2')
    },
  }
  const result = await dispatch(failing, 'hello', {})
  expect(result).toMatchObject({ ok: false, error: { code: 'internal' } })
  expect(JSON.stringify(result)).not.toContain('hunter2')
  expect(log).toHaveBeenCalledOnce()
})
