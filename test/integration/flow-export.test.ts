import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { expect, it } from 'vitest'

const ROOT = new URL('../..', import.meta.url).pathname

/** A program of somebody else's: it knows the package's name and nothing of its files. */
const PROGRAM = `
  import { LimitTable, planCommands, DEFAULT_LIMIT_PLAN, evaluatePlan, systemClock, ThreadLimiter, throttleAt } from 'sluice/flow'
  const table = LimitTable.create(2, systemClock.nowNs())
  table.tree.setParent(1, 0)
  table.setRate(0, 10_000_000, systemClock.nowNs())
  const limiter = new ThreadLimiter(table, systemClock)
  const connection = {}
  let sent = 0
  while (sent < 100_000) {
    const asked = { leftBytes: 100_000 - sent, leastBytes: 1, mostBytes: 100_000 - sent }
    const grant = await limiter.takeNext(connection, 1, asked, 1, new AbortController().signal)
    if (grant !== null) sent += grant.bytes
  }
  const { limitBytesPerSecond } = evaluatePlan(planCommands.setFor(DEFAULT_LIMIT_PLAN, 5000, 60_000, Date.now()), Date.now())
  async function* body() { yield Buffer.from('hello') }
  let text = ''
  for await (const piece of throttleAt(body(), 1_000_000, { signal: new AbortController().signal })) text += Buffer.from(piece)
  console.log(JSON.stringify({ sent, limitBytesPerSecond, text, electron: 'electron' in process.versions }))
`

it('is a library that anybody can import by name', () => {
  expect(existsSync(`${ROOT}out/main/flow.js`), 'run `npm run build` first').toBe(true)
  const said = execFileSync(process.execPath, ['--input-type=module', '-e', PROGRAM], { cwd: ROOT, encoding: 'utf8' })
  expect(JSON.parse(said)).toEqual({ sent: 100_000, limitBytesPerSecond: 5000, text: 'hello', electron: false })
})
