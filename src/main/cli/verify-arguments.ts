import { parseRate } from '../../shared/units.ts'
import type { EndpointFlags } from './endpoint-flags.ts'
import { ENDPOINT_FLAGS, readEndpointFlags } from './endpoint-flags.ts'
import { must, readFlags, refuseExtra, Usage, whole } from './flags.ts'
import { VERIFY_HELP } from './help.ts'

/** What `sluice verify` was asked to do. What the flags leave open, each entry of the receipt says. */
export interface VerifyCommand extends EndpointFlags {
  readonly name: 'verify'
  readonly receipt: string
  /** Of what is read back; null unlimited. */
  readonly limitBytesPerSecond: number | null
  readonly connections: number
  readonly readBack: boolean
  readonly local: boolean
  readonly json: boolean
  readonly quiet: boolean
}

export const VERIFY_FLAGS = {
  help: { type: 'boolean', short: 'h' },
  ...ENDPOINT_FLAGS,
  'read-back': { type: 'boolean' },
  local: { type: 'boolean' },
  limit: { type: 'string' },
  connections: { type: 'string' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

/** Pure: looks at no file, no environment. @throws Usage */
export function readVerify(argv: readonly string[]): VerifyCommand | { readonly name: 'help'; readonly text: string } {
  const { values, positionals } = readFlags(argv, VERIFY_FLAGS)
  if (values.help) return { name: 'help', text: VERIFY_HELP }
  const [receipt, ...more] = positionals
  if (receipt === undefined || receipt === '') throw new Usage('name the receipt to check: sluice verify <receipt>')
  refuseExtra(more)
  return {
    name: 'verify',
    receipt,
    ...readEndpointFlags(values),
    limitBytesPerSecond: values.limit === undefined ? null : must(parseRate(values.limit), '--limit'),
    connections: whole(values, 'connections', 1, 64) ?? 4,
    readBack: values['read-back'] ?? false,
    local: values.local ?? false,
    json: values.json ?? false,
    quiet: values.quiet ?? false,
  }
}
