import { join } from 'node:path'

/** Where this person's settings and demo bucket live outside Electron, by the custom of each system. */
export function defaultDataDir(platform: NodeJS.Platform, env: NodeJS.ProcessEnv, home: string): string {
  if (platform === 'darwin') return join(home, 'Library/Application Support/Sluice')
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(home, 'AppData/Local'), 'Sluice')
  return join(env.XDG_STATE_HOME || join(home, '.local/state'), 'sluice')
}
