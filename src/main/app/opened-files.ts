import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'

const handedOverSchema = z.object({ files: z.array(z.string()) })

/** Files and folders among a program's arguments, as absolute paths: flags and what is not there are passed over. */
export function filesAmong(args: readonly string[], workingFolder: string): string[] {
  return args
    .filter((arg) => arg !== '' && !arg.startsWith('-'))
    .map((arg) => resolve(workingFolder, arg))
    .filter((path) => existsSync(path))
}

/** The absolute paths that a second start hands over to Electron's first, whose folder is another. */
export function filesHandedOver(data: unknown): readonly string[] {
  const parsed = handedOverSchema.safeParse(data)
  return parsed.success ? parsed.data.files : []
}
