import type { DemoOptions, DemoServer } from '../../src/main/demo/server.ts'
import { startDemoServer } from '../../src/main/demo/server.ts'
import { tempFolder } from './temp-folder.ts'

/** A demo bucket in a folder of its own; both are gone when the scope ends. */
export async function startTestDemo(options: Partial<DemoOptions> = {}): Promise<DemoServer & AsyncDisposable> {
  const folder = await tempFolder('demo')
  const server = await startDemoServer({ dir: folder.path, ...options })
  return {
    ...server,
    [Symbol.asyncDispose]: async () => {
      await server.close()
      await folder[Symbol.asyncDispose]()
    },
  }
}
