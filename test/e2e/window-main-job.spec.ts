import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { graphLimit, keepScreen, makeFile, rowOf, startDemo, typeAsLimit, typeLimit } from './window-page.ts'

test('the whole main job by keyboard alone', async ({ page, workDir }) => {
  await makeFile(workDir, 'long film.mov', 200e6)
  const { keyboard } = page

  await test.step('choose the demo bucket', async () => {
    await tabTo(page, 'Try the demo bucket')
    await keyboard.press('Enter')
    await expect(page.getByRole('button', { name: 'Destination: Demo bucket' })).toBeVisible()
  })

  await test.step('set a limit', async () => {
    await keyboard.press('l')
    await keyboard.type('4 MB/s')
    await keyboard.press('Enter')
    await expect(page.getByRole('slider')).toHaveAttribute('aria-valuetext', '4 MB/s, 32 Mb/s')
    await keyboard.press('Escape')
  })

  await test.step('add a file', async () => {
    await keyboard.press('Control+o')
    await expect(page.getByRole('listbox')).toBeFocused()
    await tabTo(page, 'Path')
    await keyboard.press('Control+a')
    await keyboard.type(workDir)
    await keyboard.press('Enter')
    await expect(page.getByRole('listbox')).toBeFocused()
    await keyboard.press('l')
    await keyboard.press('Space')
    await keyboard.press('Enter')
  })

  const row = rowOf(page, 'long film.mov')
  await test.step('watch it', async () => {
    await expect(row).toHaveAttribute('data-phase', 'uploading')
    await expect(row.getByText(/MB\/s/)).toBeVisible()
    await keepScreen(page, 'uploading')
  })

  await test.step('halve the rate', async () => {
    await tabTo(page, 'Limit for all uploads')
    await keyboard.press('Shift+ArrowLeft')
    await expect(page.getByRole('slider')).toHaveAttribute('aria-valuetext', '2 MB/s, 16 Mb/s')
    await expect.poll(() => graphLimit(page)).toBe(2e6)
    await expect.poll(() => shownRate(page)).toBeLessThan(2.3e6)
    await expect.poll(() => shownRate(page)).toBeGreaterThan(1e6)
  })

  await test.step('pause, resume, cancel', async () => {
    await tabTo(page, 'Transfers')
    await keyboard.press('ArrowDown')
    await expect(row).toHaveAttribute('aria-selected', 'true')
    await keyboard.press('Space')
    await expect(row).toHaveAttribute('data-phase', 'paused')
    await keyboard.press('Space')
    await expect(row).toHaveAttribute('data-phase', 'uploading')
    await keyboard.press('Delete')
    await expect(row).toHaveAttribute('data-phase', 'cancelled')
    await keyboard.press('Delete')
    await expect(page.getByRole('heading', { name: 'Drop files or folders here' })).toBeVisible()
  })
})

test('pauses and resumes by button, and a limit set in mid-flight is on the graph', async ({
  page,
  drop,
  workDir,
  demo,
}) => {
  const path = await makeFile(workDir, 'film.mov', 60e6)
  await startDemo(page)
  await typeLimit(page, '2 MB/s')
  await drop([path])
  const row = rowOf(page, 'film.mov')
  await expect(row).toHaveAttribute('data-phase', 'uploading')

  await row.hover()
  await row.getByRole('button', { name: 'Pause' }).click()
  await expect(row).toHaveAttribute('data-phase', 'paused')
  await expect.poll(() => shownRate(page)).toBe(0)
  await row.getByRole('button', { name: 'Resume' }).click()
  await expect(row).toHaveAttribute('data-phase', 'uploading')

  await test.step('drag the slider', async () => {
    const slider = page.getByRole('slider')
    const box = await slider.boundingBox()
    if (!box) throw new Error('the slider is not to be seen')
    const y = box.y + box.height / 2
    const before = await graphLimit(page)
    await page.mouse.move(box.x + box.width * 0.4, y)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.3, y, { steps: 5 })
    await expect.poll(() => graphLimit(page)).toBeLessThan(before ?? 0)
    await page.mouse.up()
    await page.getByRole('button', { name: 'Undo: back to 2 MB/s' }).click()
    await expect.poll(() => graphLimit(page)).toBe(2e6)
  })

  await test.step('refuse what is not a rate, in one sentence', async () => {
    await typeAsLimit(page, '10 XB/s')
    await expect(page.getByRole('alert').filter({ hasText: 'XB' })).toBeVisible()
    await expect.poll(() => graphLimit(page)).toBe(2e6)
    await typeLimit(page, '16 Mb/s')
    await expect(page.getByText('2 MB/s = 16 Mb/s')).toBeVisible()
  })

  await test.step('pause everything, then lift the limit', async () => {
    await page.getByRole('button', { name: 'Pause all' }).click()
    await expect.poll(() => graphLimit(page)).toBe(0)
    await page.getByRole('button', { name: 'Resume all' }).click()
    await page.getByRole('button', { name: /Lift the limit/ }).click()
    await expect.poll(() => graphLimit(page)).toBeNull()
  })

  await expect(row).toHaveAttribute('data-phase', 'completed')
  await expect(row.getByText('checksum verified')).toBeVisible()
  expect((await demo.list()).get('film.mov')).toBe(60e6)
})

/** Presses Tab until what is called `name` has the focus, as a person without a mouse does. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses++) {
    const focused = await page.evaluate(() => {
      const { activeElement } = document
      return activeElement?.getAttribute('aria-label') ?? activeElement?.textContent ?? ''
    })
    if (focused.startsWith(name)) return
    await page.keyboard.press('Tab')
  }
  throw new Error(`Tab never reached ${name}`)
}

/** The big rate of the strip, in bytes per second. */
async function shownRate(page: Page): Promise<number> {
  const text = (await page.getByTestId('current-rate').textContent()) ?? ''
  const match = /^([\d.]+) (B|KB|MB|GB)\/s$/.exec(text)
  if (!match) throw new Error(`no rate: ${text}`)
  const powers: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 }
  return Number(match[1]) * (powers[match[2] ?? 'B'] ?? 1)
}
