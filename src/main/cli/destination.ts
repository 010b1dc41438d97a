import { accessSync, constants } from 'node:fs'
import { resolve } from 'node:path'
import { PROVIDERS, providerOf } from '../../shared/providers.ts'
import type { EngineDestination } from '../engine/api.ts'
import { awsSettings } from './aws-settings.ts'
import type { CliContext } from './context.ts'
import type { EndpointFlags } from './endpoint-flags.ts'
import { parseEndpoint } from './endpoint-flags.ts'
import { printable } from './output.ts'

/** The destination that the flags and AWS's own settings name, or the one sentence about what is wrong with it. */
export async function readDestination(
  id: string,
  bucket: string,
  flags: EndpointFlags,
  { env, cwd }: Pick<CliContext, 'env' | 'cwd'>,
): Promise<EngineDestination | string> {
  const settings = await awsSettings(flags, env)
  const endpoint = settings.endpoint === null ? null : parseEndpoint(settings.endpoint)
  if (endpoint?.ok === false) return endpoint.message
  const caFile = flags.caFile === null ? null : resolve(cwd, flags.caFile)
  if (caFile !== null && !isReadable(caFile)) return `the --ca-file ${printable(caFile)} cannot be read`
  return {
    id,
    endpoint: endpoint?.value ?? null,
    region: settings.region,
    bucket,
    pathStyle: endpoint !== null && !flags.virtualHost,
    credentials: { kind: 'profile', profile: flags.profile },
    caFile,
    proxy: flags.proxy,
    bindAddress: flags.bindAddress,
    checksumHeaders: PROVIDERS[providerOf(endpoint?.value ?? null)].checksumHeaders,
  }
}

/** A named profile wins over keys in the environment, as with the AWS CLI; the SDK would print a page of doubt. */
export function forgetKeys(env: CliContext['env']): void {
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) delete env[name]
}

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK)
    return true
  } catch {
    return false
  }
}
