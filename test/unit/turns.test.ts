import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Turns } from '../../src/main/engine/turns.ts'

/** Work that lasts until a test ends it. */
function startedWork() {
  const begun: string[] = []
  const ends = new Map<string, PromiseWithResolvers<string>>()
  const work = (name: string) => () => {
    begun.push(name)
    const end = Promise.withResolvers<string>()
    ends.set(name, end)
    return end.promise
  }
  const settle = (name: string, failure?: Error) => {
    if (failure === undefined) ends.get(name)?.resolve(`${name} is done`)
    else ends.get(name)?.reject(failure)
    return setImmediate()
  }
  return { begun, work, settle }
}

it('does one after another under one name, in the order of asking, however each ends', async () => {
  const { begun, work, settle } = startedWork()
  const turns = new Turns()
  const done = ['a', 'b', 'c'].map((name) => turns.take('x', work(name)))
  const failed = expect(done[0]).rejects.toThrow('no')
  await setImmediate()
  expect(begun).toEqual(['a'])
  await settle('a', new Error('no'))
  await failed
  expect(begun).toEqual(['a', 'b'])
  await settle('b')
  expect(await done[1]).toBe('b is done')
  expect(begun).toEqual(['a', 'b', 'c'])
  await settle('c')
  const later = turns.take('x', work('d'))
  await setImmediate()
  expect(begun).toEqual(['a', 'b', 'c', 'd'])
  await settle('d')
  expect(await later).toBe('d is done')
})

it('does what has different names at the same time', async () => {
  const { begun, work } = startedWork()
  const turns = new Turns()
  void turns.take('x', work('a'))
  void turns.take('y', work('b'))
  await setImmediate()
  expect(begun).toEqual(['a', 'b'])
})

it('lets one go that waits no longer, and no other begins for it', async () => {
  const { begun, work, settle } = startedWork()
  const turns = new Turns()
  const abort = new AbortController()
  void turns.take('x', work('a'))
  const gone = turns.take('x', work('b'), abort.signal)
  const next = turns.take('x', work('c'), abort.signal)
  const last = turns.take('x', work('d'))
  const reasons = Promise.all([gone, next].map((one) => expect(one).rejects.toThrow('stopped')))
  abort.abort(new Error('stopped'))
  await reasons
  await expect(turns.take('x', work('e'), abort.signal)).rejects.toThrow('stopped')
  expect(begun).toEqual(['a'])
  await settle('a')
  expect(begun).toEqual(['a', 'd'])
  await settle('d')
  expect(await last).toBe('d is done')
})

it('leaves what has begun to its work, and what waits for that in its place', async () => {
  const { begun, work, settle } = startedWork()
  const turns = new Turns()
  const abort = new AbortController()
  void turns.take('x', work('a'))
  const stopped = turns.take('x', work('b'), abort.signal)
  const last = turns.take('x', work('c'))
  await setImmediate()
  await settle('a')
  abort.abort()
  await settle('b')
  expect(await stopped).toBe('b is done')
  expect(begun).toEqual(['a', 'b', 'c'])
  await settle('c')
  expect(await last).toBe('c is done')
})
