import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Large enough to be seen going, small enough for any line. */
const SAMPLE_BYTES = 2_000_000
const LINE = 'This is a sample file of Sluice. It may be deleted.\n'

/** A file for a first upload, for those who have none at hand. Answers its path. */
export async function makeSample(dataDir: string): Promise<string> {
  const folder = join(dataDir, 'sample')
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'sluice-sample.txt')
  await writeFile(path, LINE.repeat(Math.ceil(SAMPLE_BYTES / LINE.length)))
  return path
}
