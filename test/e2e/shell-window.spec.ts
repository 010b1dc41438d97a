import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { HostBridge } from '../../src/shared/contract.ts'
import { expect, test } from './harness.ts'

/** What a page of ours finds on its `window`. */
type Bridged = { sluice: HostBridge }

test('the window opens and greets its host', async ({ page, shell }) => {
  const hello = await page.evaluate(() => (globalThis as unknown as Bridged).sluice.call('hello', {}))
  expect(hello).toMatchObject({ ok: true, value: { shell, notices: [] } })
})

test('a command that is unknown, oversized or malformed is refused with one sentence', async ({ page }) => {
  const answers = await page.evaluate(async () => {
    const { sluice } = globalThis as unknown as Bridged
    const call = sluice.call as (name: string, input: unknown) => Promise<unknown>
    const tooMany = { paths: Array.from({ length: 10_001 }, (_, index) => `/${index}`), destinationId: 'demo' }
    return [
      await call('nonsense', {}),
      await call('toString', {}),
      await call('hello', { extra: 1 }),
      await call('addPaths', tooMany),
      await call('setLimit', { limitBytesPerSecond: 'fast' }),
    ]
  })
  for (const answer of answers) {
    expect(answer).toMatchObject({
      ok: false,
      error: { code: 'bad-input', message: expect.stringMatching(/^\S.*\.$/) },
    })
  }
})

test('folders can be listed for the picker inside the window', async ({ page, workDir }) => {
  await mkdir(join(workDir, 'shown/inner'), { recursive: true })
  await writeFile(join(workDir, 'shown/ä file'), 'four')
  const list = (path: string) =>
    page.evaluate((folder) => (globalThis as unknown as Bridged).sluice.call('listFolder', { path: folder }), path)
  expect(await list(join(workDir, 'shown'))).toEqual({
    ok: true,
    value: {
      path: join(workDir, 'shown'),
      parent: workDir,
      entries: [
        { name: 'inner', kind: 'folder', sizeBytes: 0 },
        { name: 'ä file', kind: 'file', sizeBytes: 4 },
      ],
      truncated: false,
    },
  })
  expect(await list(join(workDir, 'gone'))).toMatchObject({ ok: false, error: { code: 'bad-input' } })
})

test('a frame inside the page has no way to the host', async ({ page }) => {
  const reached = await page.evaluate(async () => {
    const frame = document.createElement('iframe')
    document.body.append(frame)
    const inner = frame.contentWindow as unknown as { sluice?: HostBridge; sluiceHost?: (request: unknown) => unknown }
    try {
      const request = { kind: 'call', name: 'hello', input: {} }
      return await (inner.sluiceHost?.(request) ?? inner.sluice?.call('hello', {}) ?? 'no bridge')
    } catch (error) {
      return `refused: ${error}`
    }
  })
  expect(String(reached)).toMatch(/no bridge|refused/)
})

test.describe('a message about the Content-Security-Policy', () => {
  test.fail()
  test('fails the test that caused it', async ({ page }) => {
    await page.evaluate(() => {
      const style = document.createElement('style')
      style.textContent = 'body { color: red }'
      document.head.append(style)
    })
  })
})
