import { parseRate } from '../../shared/units.ts'
import { giveUp, must, nonEmpty, readFlags, receiptFile, refuseExtra, Usage, whole } from './flags.ts'
import { CANCEL_HELP, LIST_HELP, RESUME_HELP } from './help.ts'

/** What concerns runs that were interrupted: resume, list and cancel. */

export interface ResumeCommand {
  readonly name: 'resume'
  /** null: every run without a live owner. */
  readonly dataDir: string | null
  /** undefined: not said. */
  readonly limitBytesPerSecond: number | null | undefined
  readonly connections: number
  readonly threads: number | null
  readonly profile: string | null
  /** undefined: as it was for the upload; null: never. */
  readonly giveUpAfterMs: number | null | undefined
  readonly receipt: string | null
  readonly json: boolean
  readonly control: boolean
  readonly quiet: boolean
}

export interface ListCommand {
  readonly name: 'list'
  readonly dataDir: string | null
  readonly json: boolean
}

export interface CancelCommand {
  readonly name: 'cancel'
  readonly dataDir: string | null
  /** `<run>:<n>`, `<run>` or `<n>`; null: everything. */
  readonly ids: readonly string[] | null
  readonly profile: string | null
}

type Help = { readonly name: 'help'; readonly text: string }

const HELP = { help: { type: 'boolean', short: 'h' } } as const

export const RESUME_FLAGS = {
  ...HELP,
  'data-dir': { type: 'string' },
  limit: { type: 'string' },
  connections: { type: 'string' },
  threads: { type: 'string' },
  profile: { type: 'string' },
  'give-up-after': { type: 'string' },
  receipt: { type: 'string' },
  json: { type: 'boolean' },
  control: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

export const LIST_FLAGS = { ...HELP, 'data-dir': { type: 'string' }, json: { type: 'boolean' } } as const

export const CANCEL_FLAGS = {
  ...HELP,
  all: { type: 'boolean' },
  'data-dir': { type: 'string' },
  profile: { type: 'string' },
} as const

/** Pure, like all of these: looks at no file, no environment. @throws Usage */
export function readResume(argv: readonly string[]): ResumeCommand | Help {
  const { values, positionals } = readFlags(argv, RESUME_FLAGS)
  if (values.help) return { name: 'help', text: RESUME_HELP }
  refuseExtra(positionals)
  return {
    name: 'resume',
    dataDir: nonEmpty(values, 'data-dir'),
    limitBytesPerSecond: values.limit === undefined ? undefined : must(parseRate(values.limit), '--limit'),
    connections: whole(values, 'connections', 1, 64) ?? 4,
    threads: whole(values, 'threads', 1, 16) ?? null,
    profile: nonEmpty(values, 'profile'),
    giveUpAfterMs: giveUp(values['give-up-after']),
    receipt: receiptFile(values),
    json: values.json ?? false,
    control: values.control ?? false,
    quiet: values.quiet ?? false,
  }
}

export function readList(argv: readonly string[]): ListCommand | Help {
  const { values, positionals } = readFlags(argv, LIST_FLAGS)
  if (values.help) return { name: 'help', text: LIST_HELP }
  refuseExtra(positionals)
  return { name: 'list', dataDir: nonEmpty(values, 'data-dir'), json: values.json ?? false }
}

export function readCancel(argv: readonly string[]): CancelCommand | Help {
  const { values, positionals } = readFlags(argv, CANCEL_FLAGS)
  if (values.help) return { name: 'help', text: CANCEL_HELP }
  const all = values.all ?? false
  if (all && positionals.length > 0) throw new Usage('name what to cancel, or say --all: not both')
  if (!all && positionals.length === 0)
    throw new Usage('name what to cancel, or say --all; "sluice list" shows the ids')
  if (positionals.includes('')) throw new Usage('one of the ids is empty')
  const ids = all ? null : positionals
  return { name: 'cancel', dataDir: nonEmpty(values, 'data-dir'), ids, profile: nonEmpty(values, 'profile') }
}
