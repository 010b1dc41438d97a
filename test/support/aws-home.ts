import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'

/** A home folder with ~/.aws of its own, and services on 127.0.0.1 that give out keys as AWS's do. */

export interface AwsHome {
  readonly dir: string
  /** What points the SDK and the AWS CLI here and nowhere else. */
  readonly env: Record<string, string>
  write(file: 'config' | 'credentials', text: string): void
}

export function awsHome(): AwsHome & Disposable {
  const dir = mkdtempSync(join(tmpdir(), 'sluice-aws-home-'))
  const env = {
    HOME: dir,
    AWS_CONFIG_FILE: join(dir, '.aws/config'),
    AWS_SHARED_CREDENTIALS_FILE: join(dir, '.aws/credentials'),
    AWS_EC2_METADATA_DISABLED: 'true',
  }
  mkdirSync(join(dir, '.aws/sso/cache'), { recursive: true })
  return {
    dir,
    env,
    write: (file, text) => writeFileSync(join(dir, '.aws', file), text),
    [Symbol.dispose]: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** A home for each test of a file, whose `env` this process has meanwhile; whole inside tests. */
export function awsHomeForEach(): AwsHome {
  let home: AwsHome & Disposable
  let before: NodeJS.ProcessEnv
  beforeEach(() => {
    home = awsHome()
    before = { ...process.env }
    // An engine's thread takes the environment of the moment it is started in.
    for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name]
    Object.assign(process.env, home.env)
  })
  afterEach(() => {
    for (const name of Object.keys(process.env)) delete process.env[name]
    Object.assign(process.env, before)
    home[Symbol.dispose]()
  })
  return {
    get dir() {
      return home.dir
    },
    get env() {
      return home.env
    },
    write: (file, text) => home.write(file, text),
  }
}

export interface ScriptedService extends AsyncDisposable {
  readonly endpoint: string
  /** Path with query, headers and body of each request so far. */
  readonly requests: readonly {
    readonly url: string
    readonly headers: IncomingMessage['headers']
    readonly body: string
  }[]
}

/** Answers each request as `answer` says. */
export async function scriptedService(
  answer: (url: string, body: string) => { readonly status: number; readonly type: string; readonly body: string },
): Promise<ScriptedService> {
  const requests: { url: string; headers: IncomingMessage['headers']; body: string }[] = []
  const server: Server = createServer(async (request, response) => {
    let body = ''
    for await (const piece of request) body += piece
    const url = request.url ?? ''
    requests.push({ url, headers: request.headers, body })
    const { status, type, body: text } = answer(url, body)
    response.writeHead(status, { 'content-type': type }).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** What STS answers to AssumeRole. */
export function assumedRole(keys: { id: string; secret: string; token: string; expiration: Date }): string {
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::123456789012:assumed-role/up/x</Arn></AssumedRoleUser>
<Credentials><AccessKeyId>${keys.id}</AccessKeyId><SecretAccessKey>${keys.secret}</SecretAccessKey>
<SessionToken>${keys.token}</SessionToken><Expiration>${keys.expiration.toISOString()}</Expiration></Credentials>
</AssumeRoleResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></AssumeRoleResponse>`
}
