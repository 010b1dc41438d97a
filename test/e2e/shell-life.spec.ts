import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright/test'
import type { HostBridge, Patch } from '../../src/shared/contract.ts'
import { expect, test } from './harness.ts'
import type { RunningShell } from './support-launch.ts'

type Bridged = { sluice: HostBridge }

/** One file of 8 MiB on its way to the demo bucket at 64 KiB/s: it will not end by itself within a test. */
async function startSlowUpload(page: Page, path: string): Promise<void> {
  await writeFile(path, Buffer.alloc(8 * 1024 * 1024, 'x'))
  const answer = await page.evaluate(async (file) => {
    const { sluice } = globalThis as unknown as Bridged
    await sluice.call('setLimit', { limitBytesPerSecond: 64 * 1024 })
    await sluice.call('startDemo', {})
    return await sluice.call('addPaths', { paths: [file], destinationId: 'demo' })
  }, path)
  expect(answer).toMatchObject({ ok: true })
}

/** The window that opens after one was closed. */
async function nextPage(running: RunningShell): Promise<Page> {
  await expect.poll(() => running.page().isClosed()).toBe(false)
  return running.page()
}

async function queue(page: Page): Promise<Patch> {
  const answer = await page.evaluate(() =>
    (globalThis as unknown as Bridged).sluice.call('subscribe', {
      firstIndex: 0,
      count: 10,
      filter: 'all',
      sort: { by: 'queue', descending: false },
    }),
  )
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value
}

/** Presses a button of the question. Its page may be gone before the click is reported as done: only its end counts. */
async function answer(question: Page, name: string): Promise<void> {
  const gone = question.waitForEvent('close')
  await Promise.allSettled([question.getByRole('button', { name }).click()])
  await gone
}

test('a reload finds the transfers and the limit as they were', async ({ page, workDir }) => {
  await startSlowUpload(page, join(workDir, 'slow.bin'))
  await expect.poll(async () => (await queue(page)).rows[0]?.phase).toBe('uploading')
  await page.reload()
  const { rows, summary } = await queue(page)
  expect(rows).toMatchObject([{ name: 'slow.bin', phase: 'uploading' }])
  expect(summary.limitBytesPerSecond).toBe(64 * 1024)
})

test('the window opens again on a living host', async ({ running, page, workDir, shell }) => {
  test.skip(shell === 'electron', 'the question is a native dialog there; test/electron answers it')
  await startSlowUpload(page, join(workDir, 'slow.bin'))
  await page.close()
  await answer(await nextPage(running), 'Back to the window')
  await expect.poll(() => !running.page().isClosed() && running.page().url()).toMatch(/^https:/)
  expect((await queue(running.page())).rows).toMatchObject([{ name: 'slow.bin', phase: 'uploading' }])
})

test('a window closed for good lets the upload end and then the host', async ({
  running,
  page,
  workDir,
  shell,
  demo,
}) => {
  test.skip(shell === 'electron', 'the question is a native dialog there; test/electron answers it')
  await startSlowUpload(page, join(workDir, 'slow.bin'))
  await page.close()
  await answer(await nextPage(running), 'Keep uploading')
  await running.call('setLimit', { limitBytesPerSecond: null })
  await running.chromium?.finished
  expect(await demo.list()).toEqual(new Map([['slow.bin', 8 * 1024 * 1024]]))
})

test('a window closed without work ends the host', async ({ running, page, shell }) => {
  test.skip(shell === 'electron', 'Electron ends its own process; test/electron sees it')
  await page.close()
  await running.chromium?.finished
})
