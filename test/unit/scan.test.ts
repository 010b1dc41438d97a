import { execFileSync } from 'node:child_process'
import { promises as fs, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Source } from '../../src/main/engine/api.ts'
import type { ScanBatch, ScanFs } from '../../src/main/engine/scan.ts'
import { scanSources } from '../../src/main/engine/scan.ts'

let root = ''
beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'sluice-scan-'))
})
afterEach(() => fs.rm(root, { recursive: true, force: true }))

async function write(relative: string, text = 'x'): Promise<void> {
  const target = path.join(root, relative)
  await fs.mkdir(path.dirname(target), { recursive: true })
  await fs.writeFile(target, text)
}

interface Choices {
  readonly include?: string[]
  readonly exclude?: string[]
  readonly sources?: Source[]
  readonly fs?: ScanFs
  readonly signal?: AbortSignal
}

async function scan(choices: Choices = {}) {
  const { include = [], exclude = [], sources = [{ path: root, keyOrPrefix: 'p/' }] } = choices
  const batches: ScanBatch[] = []
  const signal = choices.signal ?? new AbortController().signal
  const port = choices.fs === undefined ? {} : { fs: choices.fs }
  for await (const batch of scanSources(sources, { include, exclude, signal, ...port })) batches.push(batch)
  const sum = (count: (batch: ScanBatch) => number) => batches.reduce((total, batch) => total + count(batch), 0)
  return {
    batches,
    files: batches.flatMap((batch) => batch.files),
    keys: batches.flatMap((batch) => batch.files.map((file) => file.key)),
    problems: batches.flatMap((batch) => batch.problems.map(({ key, error }) => [key, error.code])),
    leftOut: sum((batch) => batch.leftOut),
    emptyFolders: sum((batch) => batch.emptyFolders),
  }
}

describe('the walk', () => {
  it('gives files of a folder by name, then its folders by name', async () => {
    for (const name of ['b', 'a/2', 'a/1', 'c/d/e', 'B', 'Z/1', 'é']) await write(name)
    expect((await scan()).keys).toEqual(['p/B', 'p/b', 'p/é', 'p/Z/1', 'p/a/1', 'p/a/2', 'p/c/d/e'])
  })

  it('says size, time, inode and device of each file', async () => {
    await write('a', 'hello')
    const stats = await fs.stat(path.join(root, 'a'), { bigint: true })
    expect((await scan()).files).toEqual([
      {
        path: path.join(root, 'a'),
        key: 'p/a',
        sizeBytes: 5,
        mtimeNs: stats.mtimeNs,
        inode: stats.ino,
        device: stats.dev,
      },
    ])
  })

  it('takes single files, with the key that they were given', async () => {
    await write('a')
    await write('sub/b')
    const sources = [
      { path: path.join(root, 'a'), keyOrPrefix: 'exact' },
      { path: path.join(root, 'sub'), keyOrPrefix: '' },
    ]
    expect((await scan({ sources })).keys).toEqual(['exact', 'b'])
  })

  it('keeps odd names to the letter, but for the backslash', async () => {
    const names = ['+ %#?&=', 'e\u0301', '\u00e9', 'new\nline', '😀', 'a\\b', '...', ' ']
    for (const name of names) await write(name)
    const expected = names.map((name) => `p/${name.replace('\\', '/')}`)
    expect((await scan()).keys.sort()).toEqual(expected.sort())
  })

  it('counts empty folders and leaves out what systems put into folders', async () => {
    for (const name of ['.DS_Store', 'a/THUMBS.DB', 'a/Desktop.ini', 'a/thumbs.db.txt']) await write(name)
    await fs.mkdir(path.join(root, 'empty'))
    await write('only-junk/.DS_Store')
    expect(await scan()).toMatchObject({ keys: ['p/a/thumbs.db.txt'], leftOut: 4, emptyFolders: 2, problems: [] })
  })

  it('walks 10 000 files in batches of bounded size', async () => {
    for (let folder = 0; folder < 10; folder++) {
      await fs.mkdir(path.join(root, `d${folder}`))
      for (let file = 0; file < 1000; file++) writeFileSync(path.join(root, `d${folder}/${file}`), '')
    }
    const { batches, files } = await scan()
    expect(files).toHaveLength(10_000)
    expect(Math.max(...batches.map((batch) => batch.files.length))).toBeLessThan(300)
  })

  it('ends with the reason of its signal', async () => {
    await write('a')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(scan({ signal })).rejects.toThrow('enough')
  })
})

describe('globs', () => {
  beforeEach(async () => {
    for (const name of ['a.jpg', 'b.txt', 'sub/c.jpg', 'sub/.hidden.jpg', 'node_modules/d/e.jpg']) await write(name)
  })

  it.each([
    [['*.jpg'], [], ['a.jpg', 'node_modules/d/e.jpg', 'sub/.hidden.jpg', 'sub/c.jpg']],
    [['sub/*.jpg'], [], ['sub/.hidden.jpg', 'sub/c.jpg']],
    [[], ['node_modules', '*.txt'], ['a.jpg', 'sub/.hidden.jpg', 'sub/c.jpg']],
    [[], ['node_modules/', 'sub/**'], ['a.jpg', 'b.txt']],
    [['*.jpg', 'b.*'], ['**/*.jpg'], ['b.txt']],
  ])('include %j, exclude %j', async (include, exclude, expected) => {
    const { keys, leftOut } = await scan({ include, exclude })
    expect(keys).toEqual(expect.arrayContaining(expected.map((name) => `p/${name}`)))
    expect(keys).toHaveLength(expected.length)
    expect(leftOut).toBeGreaterThan(0)
  })

  it('takes .DS_Store when an include names it', async () => {
    await write('.DS_Store')
    expect((await scan({ include: ['.DS_Store'] })).keys).toEqual(['p/.DS_Store'])
  })
})

describe('what cannot be uploaded', () => {
  it('is told, and the others go on: missing, pipe, dangling link, too long a key', async () => {
    await write('good')
    await write(`${'n'.repeat(200)}/${'m'.repeat(200)}`)
    await fs.symlink('nowhere', path.join(root, 'dangling'))
    await fs.symlink('self', path.join(root, 'self'))
    execFileSync('mkfifo', [path.join(root, 'pipe')])
    const prefix = `${'k'.repeat(700)}/`
    const sources = [
      { path: path.join(root, 'gone'), keyOrPrefix: 'gone' },
      { path: '/dev/null', keyOrPrefix: 'null' },
      { path: root, keyOrPrefix: prefix },
    ]
    const { keys, problems } = await scan({ sources })
    expect(keys).toEqual([`${prefix}good`])
    expect(problems).toEqual([
      ['gone', 'source-missing'],
      ['null', 'source-unsupported'],
      [`${prefix}dangling`, 'source-missing'],
      [`${prefix}pipe`, 'source-unsupported'],
      [`${prefix}self`, 'source-unsupported'],
      [`${prefix}${'n'.repeat(200)}/${'m'.repeat(200)}`, 'key-too-long'],
    ])
  })

  it('includes a name that is not UTF-8, even beside a file that is called the same on screen', async () => {
    await fs.writeFile(Buffer.concat([Buffer.from(`${root}/x`), Buffer.from([0xff])]), 'lost')
    await write('x\uFFFD')
    await write('y')
    // Node lists by bytes, which would put this one last; by UTF-16 it comes first.
    await write('x😀')
    const { keys, problems } = await scan()
    expect(keys).toEqual(['p/x😀', 'p/x\uFFFD', 'p/y'])
    expect(problems).toEqual([['p/x\uFFFD', 'source-unreadable']])
  })

  it('includes a folder that may not be listed', async () => {
    await write('a')
    await write('locked/b')
    // Root may list every folder, so the refusal comes from the port instead of from the file mode.
    const refusing = {
      stat: fs.stat,
      readdir: (...args: Parameters<typeof fs.readdir>) =>
        String(args[0]).endsWith('locked')
          ? Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }))
          : fs.readdir(...args),
    }
    const { keys, problems } = await scan({ fs: { promises: refusing as unknown as ScanFs['promises'] } })
    expect(keys).toEqual(['p/a'])
    expect(problems).toEqual([['p/locked/', 'source-unreadable']])
  })
})

describe('links', () => {
  it('are followed, to files and to folders', async () => {
    await write('real/a')
    await fs.symlink('real/a', path.join(root, 'file-link'))
    await fs.symlink('real', path.join(root, 'folder-link'))
    expect((await scan()).keys).toEqual(['p/file-link', 'p/folder-link/a', 'p/real/a'])
  })

  it('that lead back to a folder above are skipped', async () => {
    await write('a/b/file')
    await fs.symlink('..', path.join(root, 'a/b/up'))
    await fs.symlink(root, path.join(root, 'a/top'))
    await fs.symlink('/', path.join(root, 'a/root'))
    const { keys, problems } = await scan()
    expect(keys).toEqual(['p/a/b/file'])
    expect(problems).toEqual([
      ['p/a/root', 'source-unsupported'],
      ['p/a/top', 'source-unsupported'],
      ['p/a/b/up', 'source-unsupported'],
    ])
  })
})
