import type { AppWorkerPaths } from './app/app.ts'
import demo from './demo/worker?modulePath'
import engine from './engine/engine-start?modulePath'
import sender from './engine/sender?modulePath'

/**
 * Where the built threads are. The only file that asks the build for them: a worker cannot do it for itself (the
 * build would fail), so it is handed the paths it needs.
 */
export const workerPaths: AppWorkerPaths = { engine, sender, demo }
