import { mkdir, writeFile } from 'node:fs/promises'
import os from 'node:os'
import { join } from 'node:path'
import type { Destination, SecretPlace } from '../../shared/destination.ts'
import type { TransferError } from '../../shared/errors.ts'
import { formsOf, redact, shortKeyId } from '../../shared/redact.ts'
import type { Settings } from '../../shared/settings.ts'

/** A report for a maintainer: what runs where, how it is set up and what went wrong. It holds no secret. */

export interface DiagnosticsFacts {
  readonly version: string
  readonly shell: 'electron' | 'chromium' | 'cli'
  /** null: they could not be read. */
  readonly settings: Settings | null
  readonly secretPlace: SecretPlace | null
  /** Why nothing goes to a destination at the moment, by its id. */
  readonly blocked: Readonly<Record<string, string>>
  /** Counts and rates of this process; null where it has no engine. */
  readonly stats: object | null
  readonly errors: readonly FailureNote[]
  readonly logLines: readonly string[]
}

/** A transfer that failed. */
export interface FailureNote extends TransferError {
  readonly atMs: number
  readonly key: string
}

/** The last failures of this process: enough to see what happens, whatever the length of the queue. */
export class LastFailures {
  static readonly #KEPT = 50
  readonly #notes: FailureNote[] = []

  add(note: FailureNote): void {
    this.#notes.push(note)
    if (this.#notes.length > LastFailures.#KEPT) this.#notes.shift()
  }

  get list(): readonly FailureNote[] {
    return this.#notes
  }
}

/** The report as JSON, for people to look through before they send it. */
export function diagnosticsReport(facts: DiagnosticsFacts, nowMs: number): string {
  const { settings, ...rest } = facts
  const keyIds = (settings?.destinations ?? []).flatMap(({ credentials }) =>
    credentials.kind === 'keys' ? [credentials.accessKeyId] : [],
  )
  const report = {
    note: 'Made by Sluice. Keys, tokens and signatures are left out; names of files and buckets are not.',
    madeAt: new Date(nowMs).toISOString(),
    system: systemFacts(),
    ...rest,
    settings: settings === null ? null : { ...settings, destinations: settings.destinations.map(withoutKeyId) },
  }
  return `${JSON.stringify(cleaned(report, keyIds), null, 2)}\n`
}

/** Writes the report into the folder `diagnostics` of the data folder, and answers its path. */
export async function writeDiagnostics(dataDir: string, facts: DiagnosticsFacts, nowMs: number): Promise<string> {
  const folder = join(dataDir, 'diagnostics')
  await mkdir(folder, { recursive: true })
  const path = join(folder, `sluice-diagnostics-${new Date(nowMs).toISOString().replaceAll(':', '-')}.json`)
  await writeFile(path, diagnosticsReport(facts, nowMs), { mode: 0o600 })
  return path
}

function withoutKeyId(destination: Destination): Destination {
  const { credentials } = destination
  if (credentials.kind !== 'keys') return destination
  return { ...destination, credentials: { kind: 'keys', accessKeyId: shortKeyId(credentials.accessKeyId) } }
}

function systemFacts(): object {
  const { node, v8, uv, openssl, electron, chrome } = process.versions as Record<string, string | undefined>
  const cpus = os.cpus()
  return {
    versions: { node, v8, uv, openssl, electron, chrome },
    platform: process.platform,
    architecture: process.arch,
    release: os.release(),
    processors: `${cpus.length} × ${cpus[0]?.model ?? 'unknown'}`,
    memoryBytes: { total: os.totalmem(), free: os.freemem() },
    timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
    uptimeSeconds: Math.round(process.uptime()),
    // Names only: values are keys, paths and addresses of proxies with passwords.
    environmentVariables: Object.keys(process.env)
      .filter((name) => /^(AWS_|SLUICE_|NODE_EXTRA_CA_CERTS|SSL_CERT)|_PROXY$/i.test(name))
      .sort(),
  }
}

/** Every text of the report, in depth; also the names of fields, which may come from a file. */
function cleaned(value: unknown, keyIds: readonly string[]): unknown {
  if (typeof value === 'string') return cleanText(value, keyIds)
  if (Array.isArray(value)) return value.map((entry) => cleaned(entry, keyIds))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [cleanText(name, keyIds), cleaned(entry, keyIds)]),
  )
}

function cleanText(text: string, keyIds: readonly string[]): string {
  let clean = text
  // Before all else: an id of which a piece looks like a secret would not be found any more.
  for (const id of keyIds.filter(({ length }) => length >= 8)) {
    for (const form of formsOf(id)) clean = clean.replaceAll(form, shortKeyId(id))
  }
  clean = redact(clean)
  const home = os.homedir()
  return home.length > 1 ? clean.replaceAll(home, '~') : clean
}
