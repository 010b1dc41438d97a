import { expect, it } from 'vitest'
import { Demo } from '../../src/main/app/demo.ts'
import { startDemoWorker } from '../../src/main/demo/client.ts'
import { tempFolder } from '../support/temp-folder.ts'

it('is ended although it was still starting, and does not start again', async () => {
  await using folder = await tempFolder('demo')
  const workerPath = new URL('../../src/main/demo/worker.ts', import.meta.url)
  const demo = new Demo(() => startDemoWorker(workerPath, { dir: folder.path }))
  const starting = demo.start()
  await demo.close()
  await starting
  await expect(demo.start()).rejects.toThrow('Sluice is closing.')
  // Its folder is free.
  const next = await startDemoWorker(workerPath, { dir: folder.path })
  await next.close()
})
