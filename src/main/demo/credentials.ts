import { randomInt } from 'node:crypto'
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newId } from './bucket.ts'

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** The keys kept in `dir/credentials.json` (mode 0600), made at random the first time. */
export function keysOf(dir: string): Keys {
  const path = join(dir, 'credentials.json')
  if (existsSync(path)) {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<Keys>
    if (typeof kept.accessKeyId !== 'string' || typeof kept.secretAccessKey !== 'string') {
      throw new Error(`${path} is not a file of the demo bucket. Remove it to get new keys.`)
    }
    return { accessKeyId: kept.accessKeyId, secretAccessKey: kept.secretAccessKey }
  }
  const keys: Keys = { accessKeyId: randomText(20), secretAccessKey: randomText(40) }
  const temp = join(dir, `credentials.${newId()}`)
  writeFileSync(temp, JSON.stringify(keys), { mode: 0o600, flag: 'wx' })
  renameSync(temp, path)
  return keys
}

function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
}
