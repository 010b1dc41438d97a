import { globSync, readFileSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { dirname, extname, join, normalize, relative } from 'node:path'
import { describe, expect, it } from 'vitest'
import { importsOf, stringsOf, waitsAtTop } from './support/imports.ts'

/**
 * Which way imports may point, by folder. Paths end in '/' for a folder or name one file; anything else is a package,
 * and a folder may always import itself. `node` stands for Node's own modules. The first matching row counts.
 */
const RULES: readonly { readonly of: string; readonly may: readonly string[] }[] = [
  { of: 'src/shared/', may: ['zod'] },
  { of: 'src/main/core/', may: ['src/shared/'] },
  { of: 'src/main/flow/', may: ['src/shared/', 'node'] },
  {
    of: 'src/main/engine/',
    may: [
      'src/main/core/',
      'src/main/flow/',
      'src/shared/',
      'node',
      '@aws-sdk/',
      '@smithy/',
      '@node-rs/crc32',
      'hash-wasm',
      'mime',
      'picomatch',
    ],
  },
  { of: 'src/main/demo/', may: ['src/shared/', 'node', 'fast-xml-parser'] },
  {
    of: 'src/main/app/',
    may: [
      'src/main/engine/client.ts',
      'src/main/engine/api.ts',
      'src/main/engine/user-files.ts',
      'src/main/demo/client.ts',
      'src/main/core/',
      'src/main/flow/',
      'src/shared/',
      'node',
      'zod',
      // Profiles of ~/.aws.
      '@smithy/core/config',
      '@napi-rs/keyring',
    ],
  },
  { of: 'src/main/worker-paths.ts', may: ['src/main/app/', 'src/main/engine/', 'src/main/demo/'] },
  {
    of: 'src/main/index.ts',
    may: [
      'src/main/app/',
      'src/main/desktop-',
      'src/main/worker-paths.ts',
      'src/shared/',
      'node',
      'electron',
      'electron-store',
    ],
  },
  { of: 'src/main/desktop-', may: ['src/main/app/', 'src/shared/', 'node', 'electron', 'zod'] },
  {
    of: 'src/main/chromium',
    may: [
      'src/main/chromium',
      'src/main/app/',
      'src/main/worker-paths.ts',
      'src/shared/',
      'node',
      'playwright-core',
      'conf',
    ],
  },
  {
    of: 'src/main/cli',
    may: [
      'src/main/cli',
      'src/main/app/',
      'src/main/demo/',
      'src/main/engine/',
      'src/main/core/',
      'src/main/flow/',
      'src/main/worker-paths.ts',
      'src/shared/',
      'node',
      'conf',
      // Profiles of ~/.aws, and the demo's reading back with a client that is not ours.
      '@smithy/',
      '@aws-sdk/',
    ],
  },
  { of: 'src/main/start', may: ['src/main/start', 'src/main/app/find-browser.ts', 'node'] },
  { of: 'src/main/ambient.d.ts', may: ['node'] },
  { of: 'src/preload/', may: ['src/shared/', 'electron'] },
  {
    of: 'src/renderer/',
    may: [
      'src/shared/',
      'react',
      'react-dom',
      'zustand',
      '@base-ui/react',
      '@tanstack/react-virtual',
      'lucide-react',
      'uplot',
    ],
  },
]

const PROJECT = join(import.meta.dirname, '..')

/** One sentence for each import of `source` (the text of `file`) that points where it must not. */
function violations(file: string, source: string): string[] {
  const rule = RULES.find(({ of }) => file.startsWith(of))
  if (rule === undefined) return [`${file} belongs to no folder of the layout`]
  return importsOf(source, extname(file) === '.tsx' ? 'tsx' : 'ts')
    .map((specifier) => targetOf(file, specifier))
    .filter((target) => ![rule.of, ...rule.may].some((allowed) => covers(allowed, target)))
    .map((target) => `${file} must not import ${target}`)
}

/** A path inside the project, `node`, or a package's specifier. */
function targetOf(file: string, specifier: string): string {
  const [path = ''] = specifier.split('?')
  if (path.startsWith('.')) return normalize(join(dirname(file), path)).replaceAll('\\', '/')
  return path.startsWith('node:') || builtinModules.includes(path) ? 'node' : path
}

function covers(allowed: string, target: string): boolean {
  if (allowed.startsWith('src/') || allowed.endsWith('/')) return target.startsWith(allowed)
  return target === allowed || target.startsWith(`${allowed}/`)
}

describe('the layout', () => {
  it('has every source file import only what its folder may', () => {
    const files = globSync('src/**/*.{ts,tsx}', { cwd: PROJECT }).map((file) => file.replaceAll('\\', '/'))
    expect(files.length).toBeGreaterThan(50)
    expect(files.flatMap((file) => violations(file, readFileSync(join(PROJECT, file), 'utf8')))).toEqual([])
  })

  it.each([
    ['a static import', 'src/main/core/x.ts', "import { readFile } from 'node:fs/promises'"],
    ['a bare import', 'src/shared/x.ts', "import 'electron'"],
    ['a type import', 'src/renderer/x.tsx', "import type { App } from '../main/app/app.ts'"],
    ['a dynamic import', 'src/main/app/x.ts', "const later = () => import('../engine/worker.ts')"],
    ['an import() type', 'src/main/flow/x.ts', "let client: import('../engine/client.ts').EngineClient"],
    ['a re-export', 'src/main/cli/x.ts', "export { Page } from 'playwright-core'"],
    ['a star re-export', 'src/main/demo/x.ts', "export * from '../engine/api.ts'"],
    ['an import for the build', 'src/main/chromium.ts', "import path from './engine/worker?modulePath'"],
    ['a require', 'src/preload/index.ts', "const fs = require('node:fs')"],
  ])('notices %s that points the wrong way', (_kind, file, planted) => {
    expect(violations(file, planted)).toHaveLength(1)
  })
})

describe('the threads', () => {
  it('load modules that never wait at their top level, since Node 24 crashes when such a thread is ended', () => {
    const files = globSync('src/{shared,main/{core,demo,engine,flow}}/**/*.ts', { cwd: PROJECT })
    expect(files.length).toBeGreaterThan(50)
    expect(files.filter((file) => waitsAtTop(readFileSync(join(PROJECT, file), 'utf8')))).toEqual([])
  })
})

/** Files of the build that `entry` reaches, with the packages that they import. Worker chunks are named by strings. */
function reach(entry: string): { files: Set<string>; packages: Set<string> } {
  const files = new Set<string>()
  const packages = new Set<string>()
  const visit = (path: string): void => {
    if (files.has(path)) return
    files.add(path)
    const source = readFileSync(path, 'utf8')
    const chunks = stringsOf(source).filter((text) => /(^|\/)chunks\/[\w.-]+\.js$/.test(text))
    for (const specifier of [
      ...importsOf(source, 'js'),
      ...chunks.map((chunk) => `./${chunk.replace(/^.*chunks\//, 'chunks/')}`),
    ]) {
      if (specifier.startsWith('./chunks/')) visit(join(PROJECT, 'out/main', specifier))
      else if (specifier.startsWith('.')) visit(join(dirname(path), specifier))
      else packages.add(specifier)
    }
  }
  visit(join(PROJECT, 'out/main', entry))
  return { files, packages }
}

describe('the build', () => {
  it('sees Electron where it is used', () => {
    expect([...reach('index.js').packages]).toEqual(expect.arrayContaining(['electron', 'electron-store']))
  })

  it.each(['cli.js', 'chromium.js'])('never reaches Electron from %s', (entry) => {
    const { files, packages } = reach(entry)
    expect([...files].map((file) => relative(PROJECT, file)).filter((file) => file.includes('worker'))).not.toEqual([])
    expect([...packages].filter((name) => /^electron(-store)?(\/|$)/.test(name))).toEqual([])
  })

  it('keeps what checks input out of the threads: it would take each of them 40 ms to load', () => {
    const chunks = globSync('chunks/{engine-start,sender}-*.js', { cwd: join(PROJECT, 'out/main') })
    const packages = chunks.map((chunk) => [...reach(chunk).packages])
    expect(packages).toEqual([
      expect.arrayContaining(['@smithy/signature-v4']),
      expect.arrayContaining(['@smithy/signature-v4']),
    ])
    expect(packages.flat().filter((name) => name === 'zod' || name.startsWith('zod/'))).toEqual([])
  })
})
