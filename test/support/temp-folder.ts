import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder of the test's own, gone when the scope ends. */
export async function tempFolder(name: string): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), `sluice-${name}-`))
  return { path, [Symbol.asyncDispose]: () => removeFolder(path) }
}

/** Tried again for a while: whoever has just been ended may have a last file under way. */
export function removeFolder(path: string): Promise<void> {
  return rm(path, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}
