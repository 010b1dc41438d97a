import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { handOver, takeHandOvers } from '../../src/main/app/hand-over.ts'
import { filesAmong } from '../../src/main/app/opened-files.ts'

let folder: string
let stop: () => void = () => {}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-hand-'))
})
afterEach(() => {
  stop()
  stop = () => {}
  rmSync(folder, { recursive: true, force: true })
})

describe('handing files to a Sluice that runs', () => {
  it('gives them over, each start its own', async () => {
    const taken: (readonly string[])[] = []
    stop = takeHandOvers(folder, (files) => taken.push(files))
    await expect.poll(() => handOver(folder, ['/a', '/naïve 名前']), { timeout: 20_000 }).toBe(true)
    expect(await handOver(folder, [])).toBe(true)
    expect(taken).toEqual([['/a', '/naïve 名前'], []])
  })

  it('says when nobody is there, also where a killed start left its socket', async () => {
    expect(await handOver(folder, ['/a'])).toBe(false)
    writeFileSync(join(folder, 'shell.sock'), '')
    expect(await handOver(folder, ['/a'])).toBe(false)
    stop = takeHandOvers(folder, () => {})
    await expect.poll(() => handOver(folder, ['/a']), { timeout: 20_000 }).toBe(true)
  })

  it('does without where the path is too long for a socket', async () => {
    const deep = join(folder, 'd'.repeat(120))
    mkdirSync(deep)
    stop = takeHandOvers(deep, () => {})
    expect(await handOver(deep, ['/a'])).toBe(false)
  })

  it('takes nothing but a list of paths', async () => {
    const taken: unknown[] = []
    stop = takeHandOvers(folder, (files) => taken.push(files))
    await expect.poll(() => handOver(folder, []), { timeout: 20_000 }).toBe(true)
    const socket = connect(join(folder, 'shell.sock'))
    socket.end('{"files":["/a"]}')
    expect(await text(socket)).toBe('')
    expect(taken).toEqual([[]])
  })
})

it('finds the files among arguments', () => {
  const path = join(folder, 'a.txt')
  writeFileSync(path, '')
  expect(filesAmong(['--flag', 'a.txt', path, 'missing', ''], folder)).toEqual([path, path])
})
