import { parseArgs } from 'node:util'
import { receiptFormat } from '../../shared/receipt.ts'
import type { Parsed } from '../../shared/units.ts'
import { parseDuration, parseSize } from '../../shared/units.ts'

/** Reading flags: each function answers a value or throws `Usage` with one sentence. */

/** Ends a parse from anywhere below `parseCommand`, which turns it into data. */
export class Usage extends Error {}

const GIB = 1024 ** 3

type Flags = NonNullable<Parameters<typeof parseArgs>[0]>['options'] & object
export type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>

export function readFlags<const F extends Flags>(argv: readonly string[], options: F) {
  try {
    const args = joinValues(argv, options)
    return parseArgs({ args, options, strict: true, allowPositionals: true })
  } catch (error) {
    throw new Usage(flagSentence(error))
  }
}

/** `--limit -1` is a rate with a mistake in it, not a missing value: a flag's value may begin with one dash. */
function joinValues(argv: readonly string[], options: Flags): string[] {
  const joined: string[] = []
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at] ?? ''
    if (argument === '--') return [...joined, ...argv.slice(at)]
    const value = argv[at + 1]
    const takesValue = argument.startsWith('--') && options[argument.slice(2)]?.type === 'string'
    if (takesValue && value !== undefined && !value.startsWith('--')) {
      joined.push(`${argument}=${value}`)
      at += 1
    } else joined.push(argument)
  }
  return joined
}

/** parseArgs explains itself in several sentences; one is enough. */
function flagSentence(error: unknown): string {
  if (!(error instanceof Error)) throw error
  const flag = /'(-[^' =]*)/.exec(error.message)?.[1] ?? ''
  switch ('code' in error ? error.code : '') {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `unknown flag ${flag}`
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE': {
      const name = /(--[\w-]+)/.exec(error.message)?.[1] ?? flag
      return /does not take/.test(error.message) ? `${name} takes no value` : `${name} needs a value`
    }
    default:
      throw error
  }
}

export function must<T>(parsed: Parsed<T>, flag?: string): T {
  if (parsed.ok) return parsed.value
  throw new Usage(flag === undefined ? parsed.message : `${flag}: ${parsed.message}`)
}

export function refuseExtra(positionals: readonly string[]): void {
  if (positionals.length > 0) throw new Usage(`unexpected argument "${positionals[0]}"`)
}

export function nonEmpty(values: Values, flag: string): string | null {
  const value = values[flag]
  if (value === '') throw new Usage(`--${flag} needs a value`)
  return typeof value === 'string' ? value : null
}

export function choice<const T extends string>(values: Values, flag: string, allowed: readonly T[]): T | null {
  const value = values[flag]
  if (value === undefined) return null
  const found = allowed.find((one) => one === value)
  if (found === undefined) throw new Usage(`--${flag} must be one of ${allowed.join(', ')}, not "${value}"`)
  return found
}

export function whole(values: Values, flag: string, min: number, max: number): number | null {
  const value = values[flag]
  if (value === undefined) return null
  const number = /^\d{1,6}$/.test(String(value)) ? Number(value) : Number.NaN
  if (!(number >= min && number <= max)) {
    throw new Usage(`--${flag} must be a whole number from ${min} to ${max}, not "${value}"`)
  }
  return number
}

export function size(values: Values, flag: string, minBytes: number, minText: string): number | null {
  const value = values[flag]
  if (typeof value !== 'string') return null
  const bytes = must(parseSize(value), `--${flag}`)
  if (bytes < minBytes || bytes > 5 * GIB) throw new Usage(`--${flag} must be from ${minText} to 5 GiB, not "${value}"`)
  return bytes
}

/** `--receipt`: its ending says how it is written. */
export function receiptFile(values: Values): string | null {
  const file = nonEmpty(values, 'receipt')
  if (file !== null && receiptFormat(file) === null) {
    throw new Usage(`--receipt names a .csv or a .json file, not "${file}"`)
  }
  return file
}

export function globs(list: readonly string[] | undefined, flag: string): readonly string[] {
  if (list?.includes('')) throw new Usage(`--${flag} needs a value`)
  return list ?? []
}

export function giveUp(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined
  return text === 'never' ? null : must(parseDuration(text), '--give-up-after')
}

/** A rate of requests or files: above 0, decimals allowed ("0.5" is one every two seconds). */
export function perSecond(values: Values, flag: string): number | null {
  const value = values[flag]
  if (value === undefined) return null
  const number = /^\d{1,7}(\.\d{1,6})?$/.test(String(value)) ? Number(value) : Number.NaN
  if (!(number >= 0.01 && number <= 1e6)) {
    throw new Usage(`--${flag} must be a number from 0.01 to 1000000, not "${value}"`)
  }
  return number
}
