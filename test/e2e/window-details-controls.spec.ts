import { expect, test } from './harness.ts'
import { makeFile, rowOf, startDemo, typeLimit } from './window-page.ts'

test('the panel takes a transfer out of the limit, pauses it after its parts, and mends what failed', async ({
  page,
  drop,
  workDir,
  keepScreenshot,
}) => {
  const film = await makeFile(workDir, 'film.mov', 200e6)
  await startDemo(page)
  await typeLimit(page, '1 MB/s')
  await drop([film])
  const row = rowOf(page, 'film.mov')
  await expect(row).toHaveAttribute('data-phase', 'uploading')
  await row.dblclick()
  const panel = page.getByRole('region', { name: 'Details of film.mov' })

  await test.step('out of the limit, and back under it', async () => {
    const exempt = panel.getByRole('checkbox', { name: 'Leave the limit of all uploads' })
    await panel.getByRole('textbox', { name: 'Limit of this transfer' }).fill('3 MB/s')
    await panel.getByRole('button', { name: 'Set' }).click()
    // Not `check`, which wants the box to change at once: it follows the host's answer.
    await exempt.click()
    await expect(exempt).toBeChecked()
    await expect(page.getByTestId('slowness')).toHaveText('Its own limit holds it; the line could take more.')
    await exempt.click()
    await expect(exempt).not.toBeChecked()
    await expect(page.getByTestId('slowness')).toHaveText(
      'Your limit for all uploads holds it; the line could take more.',
    )
    await keepScreenshot('details-controls')
  })

  await test.step('paused after the parts in flight: nothing is sent twice', async () => {
    await panel.getByRole('button', { name: 'Pause after these parts' }).click()
    await panel.getByRole('textbox', { name: 'Limit of this transfer' }).fill('')
    await panel.getByRole('button', { name: 'Set' }).click()
    await typeLimit(page, '20 MB/s')
    await expect(row).toHaveAttribute('data-phase', 'paused')
    await expect(panel.getByRole('img', { name: /^Parts of the file: .* 0 in flight/ })).toBeVisible()
    await typeLimit(page, '1 MB/s')
    await panel.getByRole('button', { name: 'Resume' }).click()
    await expect(row).toHaveAttribute('data-phase', 'uploading')
    await expect(row).not.toContainText('sent again')
  })

  await test.step('cancelled, it can be tried again or removed', async () => {
    await panel.getByRole('button', { name: 'Cancel' }).click()
    await expect(row).toHaveAttribute('data-phase', 'cancelled')
    await expect(panel.getByRole('button', { name: 'Retry' })).toBeVisible()
    await expect(panel.getByRole('checkbox', { name: 'Leave the limit of all uploads' })).toBeDisabled()
    await panel.getByRole('button', { name: 'Remove' }).click()
    await expect(panel).toBeHidden()
  })
})
