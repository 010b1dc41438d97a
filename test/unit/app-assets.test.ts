import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readAsset } from '../../src/main/app/assets.ts'

let root: string
let folder: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'sluice-assets-'))
  folder = join(root, 'renderer')
  mkdirSync(join(folder, 'assets'), { recursive: true })
  mkdirSync(join(root, 'renderer-other'))
  writeFileSync(join(folder, 'index.html'), '<p>home')
  writeFileSync(join(folder, 'assets/a b.js'), 'go()')
  writeFileSync(join(folder, 'assets/notes.md'), 'not for the window')
  writeFileSync(join(root, 'secret.js'), 'secret')
  writeFileSync(join(root, 'renderer-other/x.js'), 'other')
})
afterAll(() => rmSync(root, { recursive: true }))

it.each([
  ['/', 'text/html; charset=utf-8', '<p>home'],
  ['/index.html?reload=1#top', 'text/html; charset=utf-8', '<p>home'],
  ['/assets/a%20b.js', 'text/javascript; charset=utf-8', 'go()'],
])('serves %s with its type and the policy', async (path, type, content) => {
  const { status, headers, body } = await readAsset(folder, `app://sluice${path}`)
  expect({ status, content: body.toString() }).toEqual({ status: 200, content })
  expect(headers['content-type']).toBe(type)
  expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self'; style-src 'self'")
  expect(headers['x-content-type-options']).toBe('nosniff')
})

it.each([
  '/../secret.js',
  '/%2e%2e/secret.js',
  '/%2e%2e%2fsecret.js',
  '/..%5csecret.js',
  '/assets/..%2f..%2fsecret.js',
  '/..%2frenderer-other/x.js',
  '/assets',
  '/assets/notes.md',
  '/missing.js',
  '/index.html%00.js',
  '/%E0%A4%A',
])('does not serve %s', async (path) => {
  expect((await readAsset(folder, `app://sluice${path}`)).status).toBe(404)
})
