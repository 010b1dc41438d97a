import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Chromium's family by preference: the free build first, since it is what the tests run. */
const LINUX_NAMES = [
  'chromium',
  'chromium-browser',
  'google-chrome',
  'google-chrome-stable',
  'microsoft-edge',
  'microsoft-edge-stable',
]
const MAC_APPS = ['Chromium', 'Google Chrome', 'Microsoft Edge']
const WINDOWS_PATHS = [
  'Chromium/Application/chrome.exe',
  'Google/Chrome/Application/chrome.exe',
  'Microsoft/Edge/Application/msedge.exe',
]

export interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: NodeJS.ProcessEnv
  readonly isExecutable: (path: string) => boolean
}

export const thisMachine: Machine = { platform: process.platform, env: process.env, isExecutable }

/** The installed Chromium, Chrome or Edge, or null. `SLUICE_BROWSER` names another copy. */
export function findBrowser({ platform, env, isExecutable }: Machine): string | null {
  const candidates = env.SLUICE_BROWSER ? [env.SLUICE_BROWSER] : installPlaces(platform, env)
  return candidates.find(isExecutable) ?? null
}

function installPlaces(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): string[] {
  if (platform === 'darwin') {
    return ['/Applications', join(env.HOME ?? '', 'Applications')].flatMap((folder) =>
      MAC_APPS.map((app) => `${folder}/${app}.app/Contents/MacOS/${app}`),
    )
  }
  if (platform === 'win32') {
    const roots = [env.LOCALAPPDATA, env.ProgramFiles, env['ProgramFiles(x86)']]
    return roots.flatMap((root) => (root ? WINDOWS_PATHS.map((path) => join(root, path)) : []))
  }
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return LINUX_NAMES.flatMap((name) => folders.map((folder) => join(folder, name)))
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
