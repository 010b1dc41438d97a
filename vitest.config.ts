import { defineConfig } from 'vitest/config'

/**
 * Unit tests run beside each other. The others own real servers, threads and processes and run in single file, so
 * that they do not take each other's two cores.
 */
export default defineConfig({
  test: {
    // Hang guards, not measurements: a busy machine of two cores must not fail a test.
    testTimeout: 60_000,
    hookTimeout: 180_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/unit/**/*.test.ts'] } },
      { extends: true, test: { name: 'architecture', include: ['test/architecture.test.ts'] } },
      ...['integration', 'conformance', 'electron'].map((name) => ({
        extends: true as const,
        test: { name, include: [`test/${name}/**/*.test.ts`], fileParallelism: false },
      })),
      {
        extends: true,
        test: {
          name: 'faults',
          include: ['test/faults/**/*.test.ts'],
          fileParallelism: false,
          // Faults are waited for (backoff, silence, a process that sleeps); SLUICE_FULL=1 runs each at full length.
          testTimeout: process.env.SLUICE_FULL === '1' ? 6 * 3_600_000 : 300_000,
        },
      },
    ],
    // Real processes, so that worker threads start under plain Node.
    pool: 'forks',
  },
})
