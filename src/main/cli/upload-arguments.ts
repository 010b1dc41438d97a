import type { OnExists } from '../../shared/destination.ts'
import type { ObjectSettings } from '../../shared/object-settings.ts'
import type { ChecksumAlgorithm } from '../../shared/transfer.ts'
import { CHECKSUM_ALGORITHMS } from '../../shared/transfer.ts'
import type { Target } from '../core/target.ts'
import { keyError, parseTarget } from '../core/target.ts'
import type { EngineQuota } from '../engine/api.ts'
import type { EndpointFlags } from './endpoint-flags.ts'
import { ENDPOINT_FLAGS, readEndpointFlags } from './endpoint-flags.ts'
import type { Values } from './flags.ts'
import {
  choice,
  giveUp,
  globs,
  must,
  nonEmpty,
  perSecond,
  readFlags,
  receiptFile,
  size,
  Usage,
  whole,
} from './flags.ts'
import { UPLOAD_HELP } from './help.ts'
import type { LimitFlags } from './limit-flags.ts'
import { readLimit } from './limit-flags.ts'
import { OBJECT_FLAGS, readObjectFlags } from './object-flags.ts'
import { readQuotas } from './quota-flags.ts'

const MIB = 1024 ** 2

/** What `sluice upload` was asked to do. Paths are as written; what AWS's own settings decide is still null. */
export interface UploadCommand extends EndpointFlags {
  readonly name: 'upload'
  readonly paths: readonly string[]
  /** The path was `-`: standard input becomes the object that `target` names. */
  readonly fromStdin: boolean
  readonly target: Target
  readonly limit: LimitFlags
  readonly requestsPerSecond: number | null
  readonly filesPerSecond: number | null
  readonly quotas: readonly EngineQuota[]
  readonly connections: number
  readonly threads: number | null
  readonly partBytes: number
  readonly multipartThresholdBytes: number
  /** null: not said, so the terminal decides. */
  readonly onExists: OnExists | 'ask' | null
  readonly include: readonly string[]
  readonly exclude: readonly string[]
  /** null: not said, so the store decides. */
  readonly checksum: ChecksumAlgorithm | null
  /** What is kept beside the bytes. */
  readonly object: ObjectSettings
  /** What becomes of a file that changes while it is sent. */
  readonly onChange: 'fail' | 'restart'
  /** undefined: not said, so the terminal decides; null: never. */
  readonly giveUpAfterMs: number | null | undefined
  readonly dryRun: boolean
  readonly dataDir: string | null
  /** Where to write what became of each file; ends in .csv or .json. */
  readonly receipt: string | null
  readonly json: boolean
  readonly control: boolean
  readonly quiet: boolean
}

export const UPLOAD_FLAGS = {
  help: { type: 'boolean', short: 'h' },
  ...ENDPOINT_FLAGS,
  limit: { type: 'string' },
  for: { type: 'string' },
  schedule: { type: 'string' },
  'time-zone': { type: 'string' },
  'requests-per-second': { type: 'string' },
  'files-per-second': { type: 'string' },
  quota: { type: 'string', multiple: true },
  connections: { type: 'string' },
  threads: { type: 'string' },
  'part-size': { type: 'string' },
  'multipart-threshold': { type: 'string' },
  'on-exists': { type: 'string' },
  include: { type: 'string', multiple: true },
  exclude: { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
  'give-up-after': { type: 'string' },
  checksum: { type: 'string' },
  ...OBJECT_FLAGS,
  'on-change': { type: 'string' },
  'data-dir': { type: 'string' },
  receipt: { type: 'string' },
  json: { type: 'boolean' },
  control: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

/** Pure: looks at no file, no environment. @throws Usage */
export function readUpload(argv: readonly string[]): UploadCommand | { readonly name: 'help'; readonly text: string } {
  const { values, positionals } = readFlags(argv, UPLOAD_FLAGS)
  if (values.help) return { name: 'help', text: UPLOAD_HELP }
  const paths = positionals.slice(0, -1)
  const last = positionals.at(-1)
  if (last === undefined)
    throw new Usage('name what to upload and where to: sluice upload <path>... s3://bucket/prefix/')
  const target = must(parseTarget(last))
  if (paths.length === 0) throw new Usage(`name what to upload: sluice upload <path>... ${last}`)
  if (paths.includes('')) throw new Usage('one of the paths is empty')
  for (const path of paths) {
    if (path.startsWith('s3://')) throw new Usage(`only one target can be given, and it stands last: ${path}`)
  }
  const fromStdin = paths.includes('-')
  if (fromStdin) refuseForStdin(paths, target, values)
  const onExists = choice(values, 'on-exists', ['ask', 'skip-same', 'skip', 'overwrite', 'keep-both', 'fail'])
  if (onExists === 'ask' && values.control) throw new Usage('--on-exists ask and --control both need stdin: choose one')
  if (values['dry-run'] && values.receipt !== undefined)
    throw new Usage('--dry-run uploads nothing that a --receipt could be of')
  return {
    name: 'upload',
    paths,
    fromStdin,
    target,
    ...readEndpointFlags(values),
    limit: readLimit(values),
    requestsPerSecond: perSecond(values, 'requests-per-second'),
    filesPerSecond: perSecond(values, 'files-per-second'),
    quotas: readQuotas(values.quota ?? []),
    connections: whole(values, 'connections', 1, 64) ?? 4,
    threads: whole(values, 'threads', 1, 16) ?? null,
    partBytes: size(values, 'part-size', 5 * MIB, '5 MiB') ?? 8 * MIB,
    multipartThresholdBytes: size(values, 'multipart-threshold', 0, '0') ?? 8 * MIB,
    onExists,
    include: globs(values.include, 'include'),
    exclude: globs(values.exclude, 'exclude'),
    checksum: choice(values, 'checksum', CHECKSUM_ALGORITHMS),
    object: readObjectFlags(values),
    onChange: choice(values, 'on-change', ['fail', 'restart']) ?? 'fail',
    giveUpAfterMs: giveUp(values['give-up-after']),
    dryRun: values['dry-run'] ?? false,
    dataDir: nonEmpty(values, 'data-dir'),
    receipt: receiptFile(values),
    json: values.json ?? false,
    control: values.control ?? false,
    quiet: values.quiet ?? false,
  }
}

/** Standard input has no name, no length and no second reading: what needs one of them is refused. */
function refuseForStdin(paths: readonly string[], { key }: Target, values: Values): void {
  if (paths.length > 1) throw new Usage('standard input (-) becomes one object: name no other path beside it')
  if (key === '' || key.endsWith('/')) {
    throw new Usage('standard input (-) has no name: end the target with the whole key, such as s3://bucket/backup.tar')
  }
  const tooLong = keyError(key)
  if (tooLong !== null) throw new Usage(tooLong.message)
  if (values.control) throw new Usage('- and --control both need stdin: choose one')
  if (values['on-exists'] === 'ask') throw new Usage('- and --on-exists ask both need stdin: choose another rule')
  for (const flag of ['include', 'exclude', 'dry-run']) {
    if (values[flag] !== undefined) throw new Usage(`--${flag} has nothing to choose from with standard input (-)`)
  }
}
