import type { OnExists } from '../../shared/contract.ts'
import type { ChecksumAlgorithm } from '../../shared/transfer.ts'
import type { Parsed } from '../../shared/units.ts'
import type { Target } from '../core/target.ts'
import { keyError, parseTarget } from '../core/target.ts'
import type { EngineQuota } from '../engine/api.ts'
import type { Values } from './flags.ts'
import {
  choice,
  giveUp,
  globs,
  must,
  nonEmpty,
  perSecond,
  readFlags,
  refuseExtra,
  size,
  Usage,
  whole,
} from './flags.ts'
import { DEMO_HELP, DEMO_SERVER_HELP, GENERAL_HELP, UPLOAD_HELP } from './help.ts'
import type { LimitFlags } from './limit-flags.ts'
import { readLimit } from './limit-flags.ts'
import { readQuotas } from './quota-flags.ts'

/** What `sluice upload` was asked to do. Paths are as written; what AWS's own settings decide is still null. */
export interface UploadCommand {
  readonly name: 'upload'
  readonly paths: readonly string[]
  /** The path was `-`: standard input becomes the object that `target` names. */
  readonly fromStdin: boolean
  readonly target: Target
  readonly endpoint: string | null
  readonly region: string | null
  readonly profile: string | null
  readonly virtualHost: boolean
  readonly caFile: string | null
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
  readonly checksum: ChecksumAlgorithm
  /** undefined: not said, so the terminal decides; null: never. */
  readonly giveUpAfterMs: number | null | undefined
  readonly dryRun: boolean
  readonly dataDir: string | null
  readonly json: boolean
  readonly control: boolean
  readonly quiet: boolean
}

export interface DemoServerCommand {
  readonly name: 'demo-server'
  readonly port: number
  readonly dir: string | null
  readonly json: boolean
}

export type Command =
  | UploadCommand
  | DemoServerCommand
  | { readonly name: 'demo' }
  | { readonly name: 'version' }
  | { readonly name: 'help'; readonly text: string }

const MIB = 1024 ** 2

const HELP = { help: { type: 'boolean', short: 'h' } } as const

const UPLOAD_FLAGS = {
  ...HELP,
  endpoint: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  'virtual-host': { type: 'boolean' },
  'ca-file': { type: 'string' },
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
  'data-dir': { type: 'string' },
  json: { type: 'boolean' },
  control: { type: 'boolean' },
  quiet: { type: 'boolean' },
} as const

const DEMO_SERVER_FLAGS = {
  ...HELP,
  port: { type: 'string' },
  dir: { type: 'string' },
  json: { type: 'boolean' },
} as const

/** Reads the arguments after `sluice`. Pure: looks at no file, no environment. Never throws. */
export function parseCommand(argv: readonly string[]): Parsed<Command> {
  try {
    return { ok: true, value: readCommand(argv) }
  } catch (error) {
    if (error instanceof Usage) return { ok: false, message: error.message }
    throw error
  }
}

function readCommand([name, ...rest]: readonly string[]): Command {
  switch (name) {
    case 'upload':
      return readUpload(rest)
    case 'demo-server':
      return readDemoServer(rest)
    case 'demo': {
      const { values, positionals } = readFlags(rest, HELP)
      if (values.help) return { name: 'help', text: DEMO_HELP }
      refuseExtra(positionals)
      return { name: 'demo' }
    }
    case '--version':
      return { name: 'version' }
    case '--help':
    case '-h':
    case 'help':
      return { name: 'help', text: GENERAL_HELP }
    case undefined:
      throw new Usage('say what to do: upload, demo-server or demo (sluice --help)')
    default:
      throw new Usage(
        name.startsWith('-')
          ? `unknown flag ${name} (sluice --help)`
          : `unknown command "${name}": use upload, demo-server or demo`,
      )
  }
}

function readUpload(argv: readonly string[]): Command {
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
  const onExists = choice(values, 'on-exists', ['ask', 'skip-same', 'skip', 'overwrite', 'fail'])
  if (onExists === 'ask' && values.control) throw new Usage('--on-exists ask and --control both need stdin: choose one')
  return {
    name: 'upload',
    paths,
    fromStdin,
    target,
    endpoint: values.endpoint === undefined ? null : must(parseEndpoint(values.endpoint)),
    region: nonEmpty(values, 'region'),
    profile: nonEmpty(values, 'profile'),
    virtualHost: values['virtual-host'] ?? false,
    caFile: nonEmpty(values, 'ca-file'),
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
    checksum: choice(values, 'checksum', ['crc32', 'none']) ?? 'crc32',
    giveUpAfterMs: giveUp(values['give-up-after']),
    dryRun: values['dry-run'] ?? false,
    dataDir: nonEmpty(values, 'data-dir'),
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

function readDemoServer(argv: readonly string[]): Command {
  const { values, positionals } = readFlags(argv, DEMO_SERVER_FLAGS)
  if (values.help) return { name: 'help', text: DEMO_SERVER_HELP }
  refuseExtra(positionals)
  const port = whole(values, 'port', 0, 65_535) ?? 0
  return { name: 'demo-server', port, dir: nonEmpty(values, 'dir'), json: values.json ?? false }
}

/** An http(s) URL of a server, without a final slash. Never throws. */
export function parseEndpoint(text: string): Parsed<string> {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    return { ok: false, message: `the endpoint "${text}" is not an address such as https://s3.example.com` }
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return {
      ok: false,
      message: 'the endpoint may have a host, a port and a path only; keys go into the AWS_* variables',
    }
  }
  return { ok: true, value: url.href.replace(/\/+$/, '') }
}
