import { isIP } from 'node:net'
import type { Parsed } from '../../shared/units.ts'
import type { Values } from './flags.ts'
import { must, nonEmpty, Usage } from './flags.ts'

/** Where an S3 server is and how to reach it, as far as flags say so; what AWS's own settings decide is still null. */
export interface EndpointFlags {
  readonly endpoint: string | null
  readonly region: string | null
  readonly profile: string | null
  readonly virtualHost: boolean
  readonly caFile: string | null
  /** URL; 'none' for a direct way; null: as `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say. */
  readonly proxy: string | null
  /** Of this machine: what connections are made from. */
  readonly bindAddress: string | null
}

export const ENDPOINT_FLAGS = {
  endpoint: { type: 'string' },
  region: { type: 'string' },
  profile: { type: 'string' },
  'virtual-host': { type: 'boolean' },
  'ca-file': { type: 'string' },
  proxy: { type: 'string' },
  bind: { type: 'string' },
} as const

export function readEndpointFlags(values: Values): EndpointFlags {
  return {
    endpoint: typeof values.endpoint === 'string' ? must(parseEndpoint(values.endpoint)) : null,
    region: nonEmpty(values, 'region'),
    profile: nonEmpty(values, 'profile'),
    virtualHost: values['virtual-host'] === true,
    caFile: nonEmpty(values, 'ca-file'),
    proxy: readProxy(values),
    bindAddress: readBind(values),
  }
}

function readProxy(values: Values): string | null {
  const text = nonEmpty(values, 'proxy')
  if (text === null || text === 'none') return text
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    throw new Usage(`--proxy must be "none" or an address such as http://proxy.example.com:3128, not "${text}"`)
  }
  if (url.username !== '' || url.password !== '') {
    throw new Usage('put the user and password of the proxy into HTTPS_PROXY, since flags are kept for `sluice resume`')
  }
  return url.href
}

function readBind(values: Values): string | null {
  const text = nonEmpty(values, 'bind')
  if (text !== null && isIP(text) === 0) throw new Usage(`--bind must be an IP address of this machine, not "${text}"`)
  return text
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
