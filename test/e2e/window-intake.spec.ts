import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from './harness.ts'
import { hello, keepScreen, makeFile, rowOf, startDemo } from './window-page.ts'

/** Names that shells, URLs, markup and XML each have a meaning for. */
const ODD_NAMES = [
  'plain.txt',
  ' leading and trailing ',
  'a&b=c?d#e%20f+g.bin',
  '<b>"quoted" \'x\'.html',
  'Ünïcode ☃ 日本語.txt',
  'e\u0301 decomposed.txt',
  'new\nline.txt',
  'back`tick $HOME ; rm.txt',
  '..three dots...',
]

test('a dropped folder with odd names arrives byte for byte', async ({ page, drop, workDir, demo }) => {
  const folder = join(workDir, 'odd & named')
  await mkdir(join(folder, 'inner/empty'), { recursive: true })
  for (const name of ODD_NAMES) await writeFile(join(folder, name), `this is ${name}`)
  const large = await makeFile(join(folder, 'inner'), 'large.bin', 9 * 1024 * 1024)
  await writeFile(join(folder, 'inner/nothing'), '')

  await startDemo(page)
  await drop([folder])
  await page.getByRole('button', { name: `Done ${ODD_NAMES.length + 2}` }).waitFor()
  await expect(page.getByText('1 empty folder')).toBeVisible()
  // A line break in a name must not break its row.
  await expect(rowOf(page, 'new␊line.txt')).toBeVisible()
  await keepScreen(page, 'done')

  for (const name of ODD_NAMES) {
    expect((await demo.read(`odd & named/${name}`)).toString(), name).toBe(`this is ${name}`)
  }
  expect((await demo.read('odd & named/inner/large.bin')).equals(await readFile(large))).toBe(true)
  expect((await demo.list()).get('odd & named/inner/nothing')).toBe(0)
  expect((await demo.list()).size).toBe(ODD_NAMES.length + 2)
})

test('what is dropped before there is a destination waits for one', async ({ page, drop, workDir, demo }) => {
  const path = await makeFile(workDir, 'early.bin', 1000)
  await drop([path])
  await expect(page.getByText('1 item ready to go. Choose where to.')).toBeVisible()
  await page.getByRole('button', { name: /^Try the demo bucket/ }).click()
  await expect(rowOf(page, 'early.bin')).toHaveAttribute('data-phase', 'completed')
  expect((await demo.list()).get('early.bin')).toBe(1000)
})

test('the overlay names the destination and the count while something is dragged', async ({ page, workDir }) => {
  const files = [await makeFile(workDir, 'a.bin', 10), await makeFile(workDir, 'b.bin', 10)]
  await startDemo(page)
  const cdp = await page.context().newCDPSession(page)
  const data = { items: [], files, dragOperationsMask: 1 }
  await cdp.send('Input.dispatchDragEvent', { type: 'dragEnter', x: 300, y: 300, data })
  await cdp.send('Input.dispatchDragEvent', { type: 'dragOver', x: 300, y: 300, data })
  await expect(page.getByText('Drop 2 items to upload to Demo bucket')).toBeVisible()
  await keepScreen(page, 'drop')
  await cdp.send('Input.dispatchDragEvent', { type: 'dragCancel', x: 300, y: 300, data })
  await page.mouse.move(200, 200)
  await expect(page.getByText('Drop 2 items to upload to Demo bucket')).toBeHidden()
})

test('paths are pasted, one on each line, as text and as file URLs', async ({ page, workDir, demo }) => {
  const plain = await makeFile(workDir, 'plain one.bin', 10)
  const linked = await makeFile(workDir, 'as url #1.bin', 20)
  await startDemo(page)
  await paste(page, 'text/plain', `"${plain}"\n`)
  await expect(rowOf(page, 'plain one.bin')).toHaveAttribute('data-phase', 'completed')
  await paste(page, 'text/uri-list', `# comment\r\nfile://${linked.split('/').map(encodeURIComponent).join('/')}\r\n`)
  await expect(rowOf(page, 'as url #1.bin')).toHaveAttribute('data-phase', 'completed')
  await paste(page, 'text/plain', 'just words')
  const notices = page.getByRole('region', { name: 'Notices' })
  await expect(notices.getByText('The clipboard holds no files')).toBeVisible()
  expect([...(await demo.list()).keys()].sort()).toEqual(['as url #1.bin', 'plain one.bin'])
})

test('the picker inside the window adds a folder', async ({ page, workDir, shell }) => {
  test.skip(shell === 'electron', 'Electron opens the dialog of the system')
  await mkdir(join(workDir, 'tapes/one'), { recursive: true })
  await makeFile(join(workDir, 'tapes/one'), 'a.bin', 100)
  await startDemo(page)
  await page.keyboard.press('Control+Shift+O')
  const path = page.getByRole('textbox', { name: 'Path' })
  await path.fill(join(workDir, 'missing'))
  await path.press('Enter')
  await expect(page.getByRole('alert').filter({ hasText: 'There is no folder' })).toBeVisible()
  await path.fill(workDir)
  await path.press('Enter')
  await page.getByRole('option', { name: 'tapes' }).dblclick()
  await expect(path).toHaveValue(join(workDir, 'tapes'))
  await keepScreen(page, 'picker')
  await page.getByRole('option', { name: 'one' }).click()
  await page.getByRole('button', { name: 'Upload “one”' }).click()
  await expect(rowOf(page, 'a.bin')).toHaveAttribute('data-phase', 'completed')
  expect((await hello(page)).settings.lastFolder).toBe(join(workDir, 'tapes'))
})

test('what is typed in the picker holds against a folder that is read late', async ({ page, workDir, shell }) => {
  test.skip(shell === 'electron', 'Electron opens the dialog of the system')
  await mkdir(join(workDir, 'tapes'), { recursive: true })
  await startDemo(page)
  await page.evaluate(() => {
    const held: (() => void)[] = []
    const host = window as unknown as HeldHost
    const { call } = host.sluice
    const late: HeldHost['sluice']['call'] = async (name, input) => {
      if (name === 'listFolder' && input.path === null) await new Promise<void>((resolve) => held.push(resolve))
      return call(name, input)
    }
    host.sluice = { ...host.sluice, call: late }
    host.release = () => {
      for (const go of held.splice(0)) go()
    }
  })
  const release = () => page.evaluate(() => (window as unknown as HeldHost).release())
  await page.keyboard.press('Control+Shift+O')
  const path = page.getByRole('textbox', { name: 'Path' })
  await path.fill(join(workDir, 'missing'))
  await path.press('Enter')
  const problem = page.getByRole('alert').filter({ hasText: 'There is no folder' })
  await expect(problem).toBeVisible()
  await release()
  await expect(page.getByRole('button', { name: /^Upload “/ })).toBeEnabled()
  await expect(problem).toBeVisible()
  await expect(path).toHaveValue(join(workDir, 'missing'))
  await page.keyboard.press('Escape')
  await page.keyboard.press('Control+Shift+O')
  await path.fill(workDir)
  await release()
  await expect(page.getByRole('button', { name: /^Upload “/ })).toBeEnabled()
  await expect(path).toHaveValue(workDir)
})

/** The bridge of a page, which reads its first folder when a test says so. */
interface HeldHost {
  sluice: { readonly call: (name: string, input: { readonly path: string | null }) => Promise<unknown> }
  release: () => void
}

/** A paste as the page sees it; a headless machine has no clipboard of its own to fill. */
async function paste(page: import('playwright/test').Page, type: string, text: string): Promise<void> {
  await page.evaluate(
    ([kind, value]) => {
      const clipboardData = new DataTransfer()
      clipboardData.setData(kind, value)
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
    },
    [type, text] as const,
  )
}
