import type { Page } from 'playwright/test'
import { expect, test } from './harness.ts'
import { graphLimit, makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

const binding = (page: Page) => page.getByTestId('binding')

async function openTimers(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Timers and schedule' }).click()
}

async function openSchedule(page: Page): Promise<void> {
  await openTimers(page)
  await page.getByRole('button', { name: 'Schedule…' }).click()
  await expect(page.getByRole('dialog', { name: 'Schedule' })).toBeVisible()
}

test('a limit for an hour, a pause for half an hour and the alternative limit come and go', async ({
  page,
  drop,
  workDir,
}) => {
  const path = await makeFile(workDir, 'film.mov', 90e6)
  await startDemo(page)
  await typeLimit(page, '4 MB/s')
  await drop([path])
  await expect(binding(page)).toHaveText('limited by: your limit')

  await test.step('1 MB/s for an hour, ended early', async () => {
    await openTimers(page)
    const rate = page.getByRole('textbox', { name: 'Limit for a while' })
    await rate.fill('1 XB')
    await page.getByRole('button', { name: 'for 1 h', exact: true }).click()
    await expect(page.getByRole('alert').filter({ hasText: 'XB' })).toBeVisible()
    await rate.fill('1 MB/s')
    await page.getByRole('button', { name: 'for 1 h', exact: true }).click()
    await expect(page.getByText('For 1 h more, then 4 MB/s')).toBeVisible()
    await expect(binding(page)).toHaveText('limited by: 1 MB/s for 1 h more')
    await expect.poll(() => graphLimit(page)).toBe(1e6)
    await page.getByRole('button', { name: 'End now' }).click()
    await expect.poll(() => graphLimit(page)).toBe(4e6)
  })

  await test.step('paused for 30 minutes, resumed early', async () => {
    await openTimers(page)
    await page.getByRole('button', { name: 'Pause for 30 min' }).click()
    await expect(binding(page)).toHaveText('paused for 30 min more')
    await expect.poll(() => graphLimit(page)).toBe(0)
    await page.getByRole('button', { name: 'Resume all' }).click()
    await expect.poll(() => graphLimit(page)).toBe(4e6)
  })

  await test.step('the alternative limit, changed first', async () => {
    await openTimers(page)
    const rate = page.getByRole('textbox', { name: 'Alternative limit' })
    await rate.fill('2 MB/s')
    await rate.press('Enter')
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Alternative limit: 2 MB/s' }).click()
    await expect(binding(page)).toHaveText('limited by: the alternative limit')
    await expect.poll(() => graphLimit(page)).toBe(2e6)
    await page.getByRole('button', { name: 'Alternative limit: 2 MB/s', pressed: true }).click()
    await expect.poll(() => graphLimit(page)).toBe(4e6)
  })
})

test('a schedule is typed, painted, switched off and taken away', async ({ page }) => {
  await startDemo(page)
  await typeLimit(page, '5 MB/s')
  await openSchedule(page)
  const dialog = page.getByRole('dialog', { name: 'Schedule' })
  const text = dialog.getByRole('textbox', { name: 'As text' })

  await test.step('a typo comes back as one sentence, and the dialog stays', async () => {
    await text.fill('Mon-25:00,3M')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog.getByRole('alert')).toHaveText(/^"Mon-25:00,3M" has no valid time.*\.$/)
  })

  await test.step('typed', async () => {
    await text.fill('3M')
    await expect(dialog.getByText('Understood as: 3MB/s')).toBeVisible()
    await expect(dialog.getByRole('gridcell', { name: 'Sunday 23:30, 3 MB/s' })).toBeVisible()
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog).toBeHidden()
    await expect.poll(() => graphLimit(page)).toBe(3e6)
  })

  await test.step('painted by dragging over the whole week, and one half hour by key', async () => {
    await openSchedule(page)
    await dialog.getByRole('textbox', { name: 'Rate to paint' }).fill('2 MB/s')
    const first = await dialog.getByRole('gridcell', { name: 'Monday 00:00,' }).boundingBox()
    const last = await dialog.getByRole('gridcell', { name: 'Sunday 23:30,' }).boundingBox()
    if (!first || !last) throw new Error('the grid is not to be seen')
    await page.mouse.move(first.x + 3, first.y + 9)
    await page.mouse.down()
    await page.mouse.move(last.x + 3, last.y + 9, { steps: 4 })
    await page.mouse.up()
    await expect(text).toHaveValue('2MB/s')
    await dialog.getByText('Pause', { exact: true }).click()
    await dialog.getByRole('grid').press('Home')
    await dialog.getByRole('grid').press('ArrowLeft')
    await dialog.getByRole('grid').press('Space')
    await expect(text).toHaveValue('Sun-00:00,pause Sun-00:30,2MB/s')
    await text.fill('2M')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await expect(dialog).toBeHidden()
    await expect.poll(() => graphLimit(page)).toBe(2e6)
  })

  await test.step('switched off, and taken away', async () => {
    await openTimers(page)
    // Not `uncheck`, which wants the box to change at once: it follows the host's answer.
    await page.getByRole('checkbox', { name: 'Follow the schedule' }).click()
    await expect(page.getByRole('checkbox', { name: 'Follow the schedule' })).not.toBeChecked()
    await expect.poll(() => graphLimit(page)).toBe(5e6)
    await page.getByRole('button', { name: 'Schedule…' }).click()
    await dialog.getByRole('button', { name: 'Remove the schedule' }).click()
    await expect(dialog).toBeHidden()
    await openTimers(page)
    await expect(page.getByText('No schedule yet')).toBeVisible()
  })
})

test('a destination and a transfer have limits of their own, and both are named', async ({ page, drop, workDir }) => {
  await startDemo(page)
  await page.getByRole('button', { name: 'Destination: Demo bucket' }).click()
  await page.getByRole('menuitem', { name: 'Edit destination…' }).click()
  const edit = page.getByRole('dialog', { name: 'Edit destination' })
  const requests = edit.getByRole('textbox', { name: 'Requests per second' })
  await requests.fill('many')
  await edit.getByRole('button', { name: 'Save' }).click()
  await expect(edit.getByRole('alert')).toContainText('Requests per second: "many" is not a number')
  await requests.fill('')
  await edit.getByRole('textbox', { name: 'Limit', exact: true }).fill('1 MB/s')
  await edit.getByRole('button', { name: 'Save' }).click()
  await expect(edit).toBeHidden()

  await drop([await makeFile(workDir, 'reel.mov', 60e6)])
  const row = rowOf(page, 'reel.mov')
  await expect(binding(page)).toHaveText('limited by: the limit of Demo bucket')
  await expect(row.getByText('at its destination’s limit')).toBeVisible()
  await expect(row.getByText(/^(9\d\d KB|1(\.0\d)? MB)\/s/)).toBeVisible()

  await row.click({ button: 'right' })
  await page.getByRole('menuitem', { name: 'Limit…' }).click()
  await page.getByRole('dialog').getByLabel('Limit').fill('300 KB/s')
  await page.keyboard.press('Enter')
  await expect(row.getByText('own limit 300 KB/s')).toBeVisible()
  await expect(binding(page)).toHaveText('limited by: the limit of reel.mov')
})
