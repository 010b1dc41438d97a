import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { defineConfig } from 'vitest/config'
import type { TestSpecification } from 'vitest/node'
import { BaseSequencer } from 'vitest/node'

/** Real servers, threads and processes: a file waits about half of its time, so a core takes one and a half. */
const WORKERS = Math.min(6, Math.ceil(availableParallelism() * 1.5))
/** SLUICE_FULL=1 runs each fault at full length, and measures: on a machine of its own, one after the other. */
const isFull = process.env.SLUICE_FULL === '1'

/** The file that waits longest begins first, so that nobody is waited for at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => moduleId.endsWith('/faults/silence.test.ts')
    return (await super.sort(files)).sort((a, b) => Number(isLongest(b)) - Number(isLongest(a)))
  }
}

/** Files run beside each other: each has its own servers, ports, folders and processes. */
export default defineConfig({
  test: {
    // Hang guards, not measurements: a busy machine of two cores must not fail a test.
    testTimeout: 120_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: 60_000, interval: 100 } },
    maxWorkers: WORKERS,
    sequence: { sequencer: LongestFirst },
    // Threads and processes load the same modules again and again.
    env: { NODE_COMPILE_CACHE: join(import.meta.dirname, 'node_modules/.cache/node') },
    // Tests that only wait, side by side in a file: `describe.concurrent`.
    maxConcurrency: 10,
    projects: [
      { extends: true, test: { name: 'architecture', include: ['test/architecture.test.ts'] } },
      ...['unit', 'integration', 'conformance', 'electron'].map((name) => ({
        extends: true as const,
        test: { name, include: [`test/${name}/**/*.test.ts`] },
      })),
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          ...(isFull && { fileParallelism: false }),
          // Faults are waited for: backoff, silence, a process that sleeps.
          testTimeout: isFull ? 6 * 3_600_000 : 300_000,
        },
      },
    ],
    // Real processes, so that worker threads start under plain Node.
    pool: 'forks',
  },
})
