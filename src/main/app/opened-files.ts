import { existsSync } from 'node:fs'
import { resolve } from 'node:path'

/** Files and folders among a program's arguments, as absolute paths: flags and what is not there are passed over. */
export function filesAmong(args: readonly string[], workingFolder: string): string[] {
  return args
    .filter((arg) => arg !== '' && !arg.startsWith('-'))
    .map((arg) => resolve(workingFolder, arg))
    .filter((path) => existsSync(path))
}
