import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { TransferError } from '../../src/shared/errors.ts'
import type { OpenUpload, OpenUploadPage, UploadMarker } from '../../src/shared/open-uploads.ts'
import type { EngineChild } from '../support/engine-child.ts'
import { destinationOf, MiB } from '../support/engine-scene.ts'
import { RestartScene } from '../support/restart-scene.ts'

const PART = 5 * MiB

/** All pages of a destination, one by one. */
async function pagesOf(engine: EngineChild, prefix = ''): Promise<readonly OpenUpload[][]> {
  const pages: OpenUpload[][] = []
  let after: UploadMarker | null = null
  do {
    const page: OpenUploadPage | TransferError = await engine.call('openUploads', { destinationId: 'd', prefix, after })
    if ('code' in page) throw new Error(page.message)
    pages.push([...page.uploads])
    after = page.next
  } while (after !== null)
  return pages
}

async function only(engine: EngineChild): Promise<OpenUpload | undefined> {
  return (await pagesOf(engine)).flat()[0]
}

const named = (uploads: readonly (OpenUpload | undefined)[]) =>
  uploads.flatMap((one) => (one === undefined ? [] : [{ key: one.key, uploadId: one.uploadId }]))

it('lists uploads of other programs page by page, with what they hold, below the prefix only', async () => {
  await using scene = await RestartScene.start({ pageSize: 3 })
  for (let index = 0; index < 7; index++) await scene.far.begin(`other/${index}`, Buffer.alloc(10 + index))
  await scene.far.begin('elsewhere', Buffer.alloc(1))
  const engine = await scene.restarted()
  const pages = await pagesOf(engine, 'other/')
  expect(pages.map(({ length }) => length)).toEqual([3, 3, 1])
  expect(pages.flat().map(({ key, bytes, owner }) => [key, bytes, owner])).toEqual(
    Array.from({ length: 7 }, (_, index) => [`other/${index}`, 10 + index, 'other']),
  )
})

it('does not abort what this queue goes on with', async () => {
  await using scene = await RestartScene.start()
  const bytes = randomBytes(3 * PART)
  await scene.write('large', bytes)
  const engine = await scene.begun({ connections: 1, limitBytesPerSecond: 10 * MiB })
  await scene.requests('UploadPart', 1)
  const live = await only(engine)
  expect(live).toMatchObject({ key: 'p/large', owner: 'queue' })
  expect(await engine.call('abortOpenUploads', { destinationId: 'd', uploads: named([live]) })).toEqual({
    ...{ aborted: 0, inUse: 1, problem: null },
  })
  await engine.call('setLimit', { limitBytesPerSecond: null })
  expect((await engine.event('ended'))?.end).toMatchObject({ phase: 'completed', resentBytes: 0 })
  expect(bytes.equals(await scene.far.bytes('p/large'))).toBe(true)
})

it('does not abort what another data folder is sending; once that has ended, a person may', async () => {
  await using scene = await RestartScene.start()
  await scene.write('large', randomBytes(4 * PART))
  const stateDir = join(scene.folder, '../state')
  const other = await scene.begun({
    ...{ connections: 1, limitBytesPerSecond: 5 * MiB },
    dataDir: join(stateDir, 'runs/20260101T000000-1'),
  })
  await scene.requests('UploadPart', 1)
  // It has the upload in hand for as long as it runs, and does not end it meanwhile.
  await other.call('setPaused', { paused: true })
  const engine = await scene.restarted({ stateDir })
  const live = await only(engine)
  expect(live).toMatchObject({ key: 'p/large', owner: 'running' })
  const uploads = named([live])
  expect(await engine.call('abortOpenUploads', { destinationId: 'd', uploads })).toMatchObject({ aborted: 0, inUse: 1 })
  expect(await scene.far.openUploads()).toEqual(['p/large'])

  await other.kill()
  expect(await only(engine)).toMatchObject({ key: 'p/large', owner: 'resumable' })
  expect(await engine.call('abortOpenUploads', { destinationId: 'd', uploads })).toMatchObject({ aborted: 1, inUse: 0 })
  expect(await scene.far.openUploads()).toEqual([])
})

it('knows what it has left itself', async () => {
  await using scene = await RestartScene.start()
  await scene.write('large', randomBytes(12 * PART))
  const engine = await scene.begun({ connections: 1, limitBytesPerSecond: 10 * MiB })
  await scene.requests('UploadPart', 1)
  scene.server.setFaults([
    { on: 'AbortMultipartUpload', times: null, do: { kind: 'answer', status: 503, code: 'ServiceUnavailable' } },
  ])
  await engine.call('cancel', { kind: 'filter', filter: 'all' })
  while ((await only(engine))?.owner !== 'left') await sleep(20)
  scene.server.setFaults([])
  const uploads = named([await only(engine)])
  await engine.call('abortOpenUploads', { destinationId: 'd', uploads })
  expect(await scene.far.openUploads()).toEqual([])
})

it('says why it cannot list, and why it could not abort', async () => {
  await using scene = await RestartScene.start()
  await scene.far.begin('other', Buffer.alloc(1))
  const engine = scene.engine()
  await engine.call('putDestination', destinationOf(scene.server))
  const [uploads] = await pagesOf(engine)
  scene.server.setFaults([
    { on: 'ListMultipartUploads', do: { kind: 'answer', status: 403, code: 'AccessDenied' } },
    { on: 'AbortMultipartUpload', do: { kind: 'answer', status: 403, code: 'AccessDenied' } },
  ])
  expect(await engine.call('openUploads', { destinationId: 'd', prefix: '', after: null })).toMatchObject({
    code: 'access-denied',
    message: expect.stringContaining('s3:ListBucketMultipartUploads'),
  })
  expect(await engine.call('abortOpenUploads', { destinationId: 'd', uploads: named(uploads ?? []) })).toMatchObject({
    aborted: 0,
    problem: expect.stringContaining('s3:AbortMultipartUpload'),
  })
})
