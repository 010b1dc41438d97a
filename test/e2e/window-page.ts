import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Locator, Page } from 'playwright/test'
import type { Hello, HostBridge } from '../../src/shared/contract.ts'
import { expect } from './harness.ts'

/** What specs of the window do again and again, as a person would. */

/** From the first screen to the demo bucket, by its button. */
export async function startDemo(page: Page): Promise<void> {
  await page.getByRole('button', { name: /^Try the demo bucket/ }).click()
  await expect(page.getByRole('button', { name: 'Destination: Demo bucket' })).toBeVisible()
}

/** Keeps a picture of the window among the artefacts. */
export async function keepScreen(page: Page, name: string): Promise<void> {
  await page.screenshot({ path: join(import.meta.dirname, '../../artifacts/screens', `${name}.png`) })
}

/** The row of a file, by its name. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByText(name, { exact: true }) })
}

/** Sets the limit of all uploads through the text box, which must understand it. */
export async function typeLimit(page: Page, text: string): Promise<void> {
  await expect(await typeAsLimit(page, text)).toHaveAttribute('aria-invalid', 'false')
}

/** The same with what may be no limit. */
export async function typeAsLimit(page: Page, text: string): Promise<Locator> {
  const box = page.getByRole('textbox', { name: 'Limit as text' })
  await box.fill(text)
  await box.press('Enter')
  return box
}

/** The form of a new destination, once there is one. */
export async function openDestinationForm(page: Page): Promise<Locator> {
  await page.getByRole('button', { name: /^Destination: / }).click()
  await page.getByRole('menuitem', { name: 'Add a destination…' }).click()
  const dialog = page.getByRole('dialog', { name: 'Add a destination' })
  await expect(dialog).toBeVisible()
  return dialog
}

/** Where the demo bucket is, and the keys that open it, for a form to be filled in with. */
export async function demoAccess(page: Page, workDir: string) {
  const destination = (await hello(page)).destinations.find(({ credentials }) => credentials.kind === 'demo')
  if (!destination?.endpoint) throw new Error('no demo bucket')
  const { endpoint, region, bucket } = destination
  const keys = JSON.parse(await readFile(join(workDir, 'data/demo-bucket/credentials.json'), 'utf8'))
  const { accessKeyId, secretAccessKey } = keys as Record<'accessKeyId' | 'secretAccessKey', string>
  return { endpoint, region, bucket, accessKeyId, secretAccessKey }
}

/** What a new window would be told now. */
export async function hello(page: Page): Promise<Hello> {
  const answer = await page.evaluate(() => (globalThis as unknown as { sluice: HostBridge }).sluice.call('hello', {}))
  if (!answer.ok) throw new Error(answer.error.message)
  return answer.value
}

/** The limit that the last sample of the graph was taken under. */
export async function graphLimit(page: Page): Promise<number | null | undefined> {
  return (await hello(page)).samples.at(-1)?.limitBytesPerSecond
}

/** A file of `bytes` bytes that differ from place to place. */
export async function makeFile(folder: string, name: string, bytes: number): Promise<string> {
  const path = join(folder, name)
  const block = Buffer.alloc(1024 * 1024)
  const file = await open(path, 'w')
  for (let written = 0; written < bytes; written += block.length) {
    block.fill(`${name} at ${written};`)
    await file.write(block, 0, Math.min(block.length, bytes - written))
  }
  await file.close()
  return path
}
