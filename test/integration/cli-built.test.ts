import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { environmentFor } from '../support/cli.ts'
import { cliScene } from '../support/cli-scene.ts'

/** What people really start: the built file, the npm script, and a terminal. */

const PROJECT = fileURLToPath(new URL('../..', import.meta.url))
const BUILT = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

const scene = cliScene()
const run = promisify(execFile)
const environment = () => ({ ...process.env, ...environmentFor(scene.server) })

/** Runs the built command on a pseudo terminal, typing `keys` once `prompt` has been shown. */
async function onTerminal(args: readonly string[], prompt = '\0', keys = ''): Promise<string> {
  const quoted = [process.execPath, BUILT, ...args].map((word) => `'${word}'`).join(' ')
  const child = spawn('script', ['-qec', quoted, '/dev/null'], { cwd: scene.dir, env: environment() })
  let shown = ''
  let typed = false
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    shown += text
    if (typed || !shown.includes(prompt)) return
    typed = true
    child.stdin.write(keys)
  })
  await new Promise((resolve) => child.once('close', resolve))
  return shown
}

it('is built: npm run build makes out/main/cli.js', () => {
  expect(existsSync(BUILT)).toBe(true)
})

it('uploads with the built file under plain Node', async () => {
  await scene.write('a', 'built')
  const { stdout, stderr } = await run(process.execPath, [BUILT, 'upload', 'a', scene.target()], {
    cwd: scene.dir,
    env: environment(),
  })
  expect(stderr).toBe('')
  expect(stdout).toMatch(/completed .*a → s3:.*\nUploaded 1 file, 5 B, in /)
  expect(String(await scene.far.bytes(`${scene.prefix}a`))).toBe('built')
})

it('npm run -s sluice takes paths relative to where it was called', async () => {
  await scene.write('here.txt', 'x')
  const args = ['--prefix', PROJECT, 'run', '-s', 'sluice', '--', 'upload', 'here.txt', scene.target(), '--json']
  const { stdout } = await run('npm', args, { cwd: scene.dir, env: environment() })
  expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({ type: 'summary', completed: 1 })
})

/** `script` is called in another way elsewhere. */
const onLinux = it.skipIf(process.platform !== 'linux')

onLinux('draws a bar on a terminal', async () => {
  await scene.write('a', Buffer.alloc(1_000_000))
  const shown = await onTerminal(['upload', 'a', scene.target(), '--limit', '1 MB/s'])
  expect(shown).toContain('\r\u001b[K[#')
  expect(shown).toMatch(/#-+\] \d+% .* of 1 MB/)
  expect(shown).toMatch(/Uploaded 1 file, 1 MB/)
})

onLinux.each([
  ['n', 'old', /1 skipped/],
  ['y', 'new', /Uploaded 1 file/],
])('asks on a terminal whether to overwrite what differs: %s', async (key, kept, said) => {
  await scene.write('a', 'new')
  await scene.far.put(`${scene.prefix}a`, 'old')
  expect(await onTerminal(['upload', 'a', scene.target()], 'Overwrite?', `${key}\n`)).toMatch(said)
  expect(String(await scene.far.bytes(`${scene.prefix}a`))).toBe(kept)
})
