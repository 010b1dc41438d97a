import { expect, test } from './harness.ts'
import { hello, makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

test('the panel of a transfer says why it is slow, and is opened, used and left by keys alone', async ({
  page,
  drop,
  workDir,
  keepScreenshot,
}) => {
  const paths = await Promise.all(['reel.mov', 'still.tif'].map((name) => makeFile(workDir, name, 80e6)))
  await startDemo(page)
  // Fast until something has arrived.
  await typeLimit(page, '20 MB/s')
  await drop(paths)
  const confirmed = async () => (await hello(page)).samples.some((sample) => sample.confirmedBytesPerSecond > 0)
  await expect.poll(confirmed).toBe(true)
  await typeLimit(page, '3 MB/s')
  const grid = page.getByRole('grid', { name: 'Transfers' })
  const panel = page.getByRole('region', { name: 'Details of reel.mov' })
  const why = panel.getByTestId('slowness')
  await expect(rowOf(page, 'reel.mov')).toHaveAttribute('data-phase', 'uploading')

  await test.step('Enter opens it, with the focus in it', async () => {
    await grid.focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await expect(panel.getByRole('heading', { name: 'Details of reel.mov' })).toBeFocused()
    await expect(why).toHaveText('Your limit for all uploads holds it; the line could take more.')
    await expect(panel.getByText(/^Where the last seconds went: \d+ % limit/)).toBeVisible()
  })

  await test.step('rate, parts and log are those of this transfer', async () => {
    await expect(panel.getByRole('img', { name: /^Parts of the file: [1-9] confirmed, / })).toBeVisible()
    await expect(panel.getByText('8.39 MB each')).toBeVisible()
    await expect(panel.getByTestId('graph-text')).toContainText(/^Over the last 1m: now /)
    await expect(panel.getByText('The server began the upload')).toBeVisible()
    await keepScreenshot('details')
  })

  await test.step('its limit is set there, and named as what binds', async () => {
    const limit = panel.getByRole('textbox', { name: 'Limit of this transfer' })
    await limit.fill('fast')
    await limit.press('Enter')
    await expect(panel.getByRole('alert')).toContainText('fast')
    await limit.fill('400 KB/s')
    await limit.press('Enter')
    await expect(why).toHaveText('Its own limit holds it; the line could take more.')
    await expect(panel.getByText('Its limit is now 400 KB/s')).toBeVisible()
  })

  await test.step('Escape goes back to the list; there the panel follows the rows', async () => {
    await page.keyboard.press('Escape')
    await expect(panel).toBeHidden()
    await expect(grid).toBeFocused()
    await rowOf(page, 'reel.mov').dblclick()
    await expect(panel).toBeVisible()
    await page.keyboard.press('ArrowDown')
    await expect(page.getByRole('region', { name: 'Details of still.tif' })).toBeVisible()
    await page.keyboard.press('Space')
    await expect(page.getByTestId('slowness')).toHaveText('It is paused, and waits to be resumed.')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('region', { name: /^Details of/ })).toBeHidden()
  })

  await test.step('the row’s own button opens it too, and what is removed closes it', async () => {
    const row = rowOf(page, 'still.tif')
    await row.hover()
    await row.getByRole('button', { name: 'Details' }).click()
    await expect(page.getByRole('region', { name: 'Details of still.tif' })).toBeVisible()
    await row.getByRole('button', { name: 'Cancel' }).click()
    await expect(row).toHaveAttribute('data-phase', 'cancelled')
    await row.getByRole('button', { name: 'Remove' }).click()
    await expect(page.getByRole('region', { name: /^Details of/ })).toBeHidden()
  })
})

test('the graph tells pauses, changes of the limit and the values under the pointer', async ({
  page,
  drop,
  workDir,
}) => {
  await startDemo(page)
  await typeLimit(page, '4 MB/s')
  await drop([await makeFile(workDir, 'film.mov', 60e6)])
  const graph = page.getByRole('figure', { name: 'Rate graph' })
  const text = graph.getByTestId('graph-text')
  await expect(text).toContainText('highest')
  await typeLimit(page, '2 MB/s')
  await expect(text).toContainText(/In this time: [12] changes? of the limit\./)
  await page.getByRole('button', { name: 'Pause all' }).click()
  await expect(text).toContainText('limit paused. In this time: 1 pause,')
  await page.getByRole('button', { name: 'Resume all' }).click()
  await expect(text).toContainText('limit 2 MB/s. In this time: 1 pause,')
  await expect(page.getByText(/^peak \d/)).toBeVisible()

  const box = await graph.locator('.graph-canvas').boundingBox()
  if (!box) throw new Error('the graph is not to be seen')
  await page.mouse.move(box.x + box.width - 40, box.y + 40)
  const hover = graph.getByTestId('graph-hover')
  await expect(hover).toContainText(/ago|now/)
  await expect(hover).toContainText(/Confirmed.*B\/s/)
  await page.mouse.move(box.x, box.y + 200)
  await expect(hover).toBeHidden()

  for (const span of ['5m', '30m', '3h', '1d']) {
    await graph.getByText(span, { exact: true }).click()
    await expect(text).toContainText(`Over the last ${span}`)
  }
})
