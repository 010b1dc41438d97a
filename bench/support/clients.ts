import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PROJECT } from '../../src/main/start/built.ts'
import type { Command } from './measured-run.ts'

/** What is compared: ours and the peers, each as a command line over one endpoint, with equal parts and connections. */

export interface Target {
  readonly endpoint: string
  /** For settings, state and caches of the clients; removed by the caller. */
  readonly workDir: string
  /** PEM of the server's certificate when the endpoint is https. */
  readonly caFile?: string
}

export interface UploadOptions {
  readonly limitBytesPerSecond?: number
  readonly connections?: number
  /** More flags of the client's own. */
  readonly flags?: readonly string[]
}

export interface Client {
  readonly name: string
  /** What is missing, in one line for people; null when it can run. */
  readonly missing: string | null
  /** One file, or a whole folder, to `key` in the bucket "bench". */
  upload(target: Target, path: string, key: string, options?: UploadOptions): Promise<Command>
}

export const PART_MIB = 8
export const CONNECTIONS = 4
const KEYS = { AWS_ACCESS_KEY_ID: 'benchkey', AWS_SECRET_ACCESS_KEY: 'benchsecret', AWS_REGION: 'us-east-1' }

/** The built command line under the Node that runs the benchmark. */
export const sluice: Client = {
  name: 'sluice',
  missing: null,
  upload: async ({ endpoint, workDir, caFile }, path, key, { limitBytesPerSecond, connections, flags = [] } = {}) => ({
    args: [
      ...[process.execPath, join(PROJECT, 'out/main/cli.js'), 'upload', path, `s3://bench/${key}`],
      ...['--endpoint', endpoint, '--part-size', `${PART_MIB} MiB`, '--connections', `${connections ?? CONNECTIONS}`],
      ...(limitBytesPerSecond === undefined ? [] : ['--limit', `${limitBytesPerSecond}`]),
      ...(caFile === undefined ? [] : ['--ca-file', caFile]),
      ...['--data-dir', join(workDir, 'sluice'), ...(flags.includes('--json') ? [] : ['--quiet']), ...flags],
    ],
    env: KEYS,
  }),
}

export const awsCli: Client = {
  name: 'aws s3 cp',
  missing: missing('/usr/bin/aws', 'awscli'),
  upload: async ({ endpoint, workDir, caFile }, path, key, { limitBytesPerSecond, connections, flags = [] } = {}) => {
    const config = join(workDir, 'aws-config')
    const limit =
      limitBytesPerSecond === undefined ? '' : `\n  max_bandwidth = ${Math.round(limitBytesPerSecond / 1024)}KB/s`
    const sizes = `multipart_threshold = ${PART_MIB}MB\n  multipart_chunksize = ${PART_MIB}MB`
    const s3 = `s3 =\n  addressing_style = path\n  ${sizes}\n  max_concurrent_requests = ${connections ?? CONNECTIONS}`
    await writeFile(config, `[default]\nregion = us-east-1\n${s3}${limit}\n`)
    const ca = caFile === undefined ? [] : ['--ca-bundle', caFile]
    const common = ['--endpoint-url', endpoint, ...ca, '--only-show-errors', ...flags]
    return {
      args: ['/usr/bin/aws', 's3', 'cp', path, `s3://bench/${key}`, ...common],
      env: { ...KEYS, AWS_CONFIG_FILE: config, AWS_EC2_METADATA_DISABLED: 'true' },
    }
  },
}

export const rclone: Client = {
  name: 'rclone',
  missing: missing('/usr/bin/rclone', 'rclone'),
  upload: async ({ endpoint, workDir, caFile }, path, key, { limitBytesPerSecond, connections, flags = [] } = {}) => ({
    args: [
      ...['/usr/bin/rclone', 'copyto', path, `:s3:bench/${key}`, '--config', join(workDir, 'rclone.conf')],
      ...['--s3-provider', 'Other', '--s3-endpoint', endpoint, '--s3-force-path-style', '--s3-no-check-bucket'],
      ...['--s3-access-key-id', KEYS.AWS_ACCESS_KEY_ID, '--s3-secret-access-key', KEYS.AWS_SECRET_ACCESS_KEY],
      ...['--s3-chunk-size', `${PART_MIB}Mi`, '--s3-upload-cutoff', `${PART_MIB}Mi`],
      ...['--s3-upload-concurrency', `${connections ?? CONNECTIONS}`, '--transfers', `${connections ?? CONNECTIONS}`],
      ...(limitBytesPerSecond === undefined ? [] : ['--bwlimit', `${limitBytesPerSecond}B`]),
      ...(caFile === undefined ? [] : ['--ca-cert', caFile]),
      ...['--quiet', ...flags],
    ],
  }),
}

export const rcloneBare: Client = variant(rclone, 'rclone, no checksums', [
  ...['--s3-disable-checksum', '--ignore-checksum', '--s3-no-head', '--no-check-dest'],
])

/** One plain PUT, unsigned: how evenly a limit can be kept with one connection and nothing else to do. */
export const curl: Client = {
  name: 'curl, one PUT',
  missing: missing('/usr/bin/curl', 'curl'),
  upload: async ({ endpoint, caFile }, path, key, { limitBytesPerSecond, flags = [] } = {}) => ({
    args: [
      ...['/usr/bin/curl', '--silent', '--show-error', '--fail', '--upload-file', path, `${endpoint}/bench/${key}`],
      ...(limitBytesPerSecond === undefined ? [] : ['--limit-rate', `${limitBytesPerSecond}`]),
      ...(caFile === undefined ? [] : ['--cacert', caFile]),
      ...flags,
    ],
  }),
}

/** The same client with other flags. */
export function variant(client: Client, name: string, flags: readonly string[]): Client {
  return {
    ...client,
    name,
    upload: (target, path, key, options = {}) =>
      client.upload(target, path, key, { ...options, flags: [...flags, ...(options.flags ?? [])] }),
  }
}

function missing(binary: string, debianPackage: string): string | null {
  return existsSync(binary) ? null : `${binary} is not installed: apt-get install ${debianPackage}`
}
