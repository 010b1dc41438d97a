import { createHash } from 'node:crypto'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { listProfiles } from '../../src/main/app/profiles.ts'
import { credentialProvider, renewAtMs } from '../../src/main/engine/credentials.ts'
import { SluiceError } from '../../src/shared/errors.ts'
import { redact } from '../../src/shared/redact.ts'
import { assumedRole, awsHomeForEach, scriptedService } from '../support/aws-home.ts'

/** Keys from real files, real programs and scripted services on this machine. */

const home = awsHomeForEach()

const IN_AN_HOUR = new Date(Date.now() + 3_600_000)

async function keysOf(profile: string | null) {
  const provider = await credentialProvider({ kind: 'profile', profile })
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = await provider()
  return { accessKeyId, secretAccessKey, sessionToken, expiration }
}

async function failureOf(profile: string | null) {
  try {
    await keysOf(profile)
  } catch (thrown) {
    if (thrown instanceof SluiceError) return thrown.failure
    throw thrown
  }
  throw new Error('keys were given')
}

/** A program that prints what a file says, so that tests can change it. */
function program(output: object | string, then = 'exit 0'): string {
  const path = join(home.dir, 'give-keys.sh')
  const printed = typeof output === 'string' ? output : JSON.stringify(output)
  writeFileSync(join(home.dir, 'printed'), printed)
  writeFileSync(path, `#!/bin/sh\ncat '${join(home.dir, 'printed')}'\n${then}\n`)
  chmodSync(path, 0o755)
  return path
}

const processKeys = (token: string, expiration: Date = IN_AN_HOUR) => ({
  Version: 1,
  AccessKeyId: 'ASIAPROCESSPROCESS22',
  SecretAccessKey: 'process-secret-process-secret',
  SessionToken: token,
  Expiration: expiration.toISOString(),
})

describe('keys in files', () => {
  it('are those of the profile that is named, and seen when they are changed', async () => {
    home.write('credentials', '[work]\naws_access_key_id = AKIAFIRST\naws_secret_access_key = first-secret\n')
    expect(await keysOf('work')).toMatchObject({ accessKeyId: 'AKIAFIRST', secretAccessKey: 'first-secret' })
    home.write('credentials', '[work]\naws_access_key_id = AKIASECOND\naws_secret_access_key = second-secret\n')
    expect(await keysOf('work')).toMatchObject({ accessKeyId: 'AKIASECOND', secretAccessKey: 'second-secret' })
  })

  it('of a named profile win over keys in the environment, which serve where none is named', async () => {
    home.write('credentials', '[work]\naws_access_key_id = AKIAWORK\naws_secret_access_key = work-secret\n')
    process.env.AWS_ACCESS_KEY_ID = 'AKIAENVIRONMENT'
    process.env.AWS_SECRET_ACCESS_KEY = 'environment-secret'
    expect(await keysOf('work')).toMatchObject({ accessKeyId: 'AKIAWORK' })
    expect(await keysOf(null)).toMatchObject({ accessKeyId: 'AKIAENVIRONMENT' })
  })

  it('are never replaced by those of another source when the named profile is not there', async () => {
    process.env.AWS_ACCESS_KEY_ID = 'AKIAENVIRONMENT'
    process.env.AWS_SECRET_ACCESS_KEY = 'environment-secret'
    expect(await failureOf('wrok')).toMatchObject({
      code: 'credentials-missing',
      message: 'The profile “wrok” gives no keys: it is not in ~/.aws, or names none.',
    })
  })

  it('are asked for in one sentence when there are none at all', async () => {
    expect(await failureOf(null)).toMatchObject({
      code: 'credentials-missing',
      message: 'No credentials were found: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile.',
    })
  })
})

describe('a program (credential_process)', () => {
  it('gives keys, and is run again when it is asked again', async () => {
    home.write('config', `[profile tool]\ncredential_process = ${program(processKeys('token-one'))}\n`)
    expect(await keysOf('tool')).toEqual({
      accessKeyId: 'ASIAPROCESSPROCESS22',
      secretAccessKey: 'process-secret-process-secret',
      sessionToken: 'token-one',
      expiration: IN_AN_HOUR,
    })
    program(processKeys('token-two'))
    expect(await keysOf('tool')).toMatchObject({ sessionToken: 'token-two' })
  })

  it('that fails is named by what it said, without its command', async () => {
    const path = program('', 'echo "your login at example.org is needed, password=hunter2222" >&2; exit 3')
    home.write('config', `[profile tool]\ncredential_process = ${path} --pin 99887766\n`)
    const failure = await failureOf('tool')
    expect(failure.code).toBe('credentials-missing')
    expect(failure.message).toMatch(/^The profile “tool” gives no keys: its credential_process failed: your login/)
    expect(JSON.stringify(failure)).not.toContain('hunter2222')
    expect(failure.message).not.toContain('99887766')
  })

  it('that prints keys of yesterday asks the person to sign in again', async () => {
    const old = processKeys('token', new Date(Date.now() - 86_400_000))
    home.write('config', `[profile tool]\ncredential_process = ${program(old)}\n`)
    expect(await failureOf('tool')).toMatchObject({ code: 'credentials-expired' })
  })

  it.each(['not json', '{"Version":1}', '{"Version":7,"AccessKeyId":"a","SecretAccessKey":"b"}'])(
    'that prints %s gives one sentence',
    async (output) => {
      home.write('config', `[profile tool]\ncredential_process = ${program(output)}\n`)
      const { code, message } = await failureOf('tool')
      expect(code).toBe('credentials-missing')
      expect(message).toMatch(/^The profile “tool” gives no keys: .+[^.]\.$/)
    },
  )
})

describe('a role (source_profile)', () => {
  const config = (extra = '') => `[profile base]\nregion = eu-west-1
[profile up]\nrole_arn = arn:aws:iam::123456789012:role/up\nsource_profile = base\nregion = eu-west-1\n${extra}`

  it('is assumed with the keys of the other profile', async () => {
    const keys = { id: 'ASIAROLEROLEROLE2222', secret: 'role-secret-role-secret', token: 'role-token-role-token' }
    await using sts = await scriptedService(() => ({
      status: 200,
      type: 'text/xml',
      body: assumedRole({ ...keys, expiration: IN_AN_HOUR }),
    }))
    process.env.AWS_ENDPOINT_URL_STS = sts.endpoint
    home.write('config', config('role_session_name = sluice-test\n'))
    home.write('credentials', '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n')
    expect(await keysOf('up')).toMatchObject({ accessKeyId: keys.id, sessionToken: keys.token })
    const [request] = sts.requests
    expect(sts.requests).toHaveLength(1)
    expect(new URLSearchParams(request?.body).get('RoleArn')).toBe('arn:aws:iam::123456789012:role/up')
    expect(request?.headers.authorization).toContain('Credential=AKIABASE/')
    expect(redact('it was role-secret-role-secret')).toBe('it was [redacted]')
  })

  it('that is refused, expired or not reachable says which', async () => {
    const answers: Record<string, [number, string]> = {
      denied: [403, 'AccessDenied'],
      expired: [403, 'ExpiredTokenException'],
      broken: [500, 'InternalFailure'],
    }
    let now = 'denied'
    await using sts = await scriptedService(() => {
      const [status, code] = answers[now] ?? [500, '']
      const body = `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>not for you</Message></Error></ErrorResponse>`
      return { status, type: 'text/xml', body }
    })
    process.env.AWS_ENDPOINT_URL_STS = sts.endpoint
    home.write('config', config())
    home.write('credentials', '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n')
    expect(await failureOf('up')).toMatchObject({
      code: 'credentials-missing',
      message: 'The profile “up” gives no keys: not for you.',
    })
    now = 'expired'
    expect(await failureOf('up')).toMatchObject({ code: 'credentials-expired' })
    now = 'broken'
    expect(await failureOf('up')).toMatchObject({ code: 'server-unavailable' })
    process.env.AWS_ENDPOINT_URL_STS = 'http://127.0.0.1:1'
    expect(await failureOf('up')).toMatchObject({ code: 'connection-refused' })
  })

  it('that wants a second factor says that it cannot be had here', async () => {
    home.write('config', config('mfa_serial = arn:aws:iam::123456789012:mfa/me\n'))
    home.write('credentials', '[base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret\n')
    expect((await failureOf('up')).message).toContain('second factor')
  })
})

describe('SSO', () => {
  const CONFIG = `[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://corp.example.org/start
sso_registration_scopes = sso:account:access
[profile sso]
sso_session = corp
sso_account_id = 123456789012
sso_role_name = uploader
region = eu-west-1
`
  const tokenFile = () => join(home.dir, '.aws/sso/cache', `${createHash('sha1').update('corp').digest('hex')}.json`)
  const signIn = (expiresAt: Date) =>
    writeFileSync(
      tokenFile(),
      JSON.stringify({
        accessToken: 'sso-access-token-value',
        expiresAt: expiresAt.toISOString(),
        region: 'eu-west-1',
      }),
    )

  it('exchanges the token of the last sign-in for keys of the role', async () => {
    const roleCredentials = {
      accessKeyId: 'ASIASSOSSOSSOSSO2222',
      secretAccessKey: 'sso-secret-sso-secret',
      sessionToken: 'sso-session-token',
      expiration: IN_AN_HOUR.getTime(),
    }
    await using portal = await scriptedService(() => ({
      status: 200,
      type: 'application/json',
      body: JSON.stringify({ roleCredentials }),
    }))
    process.env.AWS_ENDPOINT_URL_SSO = portal.endpoint
    home.write('config', CONFIG)
    signIn(IN_AN_HOUR)
    expect(await keysOf('sso')).toMatchObject({ accessKeyId: 'ASIASSOSSOSSOSSO2222', expiration: IN_AN_HOUR })
    expect(portal.requests[0]?.url).toContain('role_name=uploader')
    expect(portal.requests[0]?.headers['x-amz-sso_bearer_token']).toBe('sso-access-token-value')
  })

  it('that has expired, was ended elsewhere or never began asks to sign in again', async () => {
    await using portal = await scriptedService(() => ({
      status: 401,
      type: 'application/json',
      body: JSON.stringify({ __type: 'UnauthorizedException', message: 'Session token not found or invalid' }),
    }))
    process.env.AWS_ENDPOINT_URL_SSO = portal.endpoint
    home.write('config', CONFIG)
    const expected = {
      code: 'credentials-expired',
      message: 'The profile “sso” has expired: sign in again (for SSO: aws sso login --profile sso), then try again.',
    }
    expect(await failureOf('sso')).toMatchObject(expected)
    signIn(new Date(Date.now() - 1000))
    expect(await failureOf('sso')).toMatchObject(expected)
    signIn(IN_AN_HOUR)
    expect(await failureOf('sso')).toMatchObject(expected)
    rmSync(tokenFile())
  })
})

describe('the list of profiles', () => {
  it('names each once, with region, endpoint and kind, and no key', async () => {
    home.write(
      'config',
      `[default]\nregion = eu-central-1
[profile up]\nrole_arn = arn:x\nsource_profile = default\nservices = local
[services local]\ns3 =\n  endpoint_url = http://127.0.0.1:9000
[sso-session corp]\nsso_region = eu-west-1
[profile sso]\nsso_session = corp
[profile tool]\ncredential_process = /bin/true --token abc\n`,
    )
    home.write(
      'credentials',
      '[default]\naws_access_key_id = AKIAX\naws_secret_access_key = very-secret-key\n[old]\naws_access_key_id = AKIAY\n',
    )
    const profiles = await listProfiles()
    expect(profiles).toEqual([
      { name: 'default', region: 'eu-central-1', endpoint: null, kind: 'keys' },
      { name: 'old', region: null, endpoint: null, kind: 'keys' },
      { name: 'sso', region: null, endpoint: null, kind: 'sso' },
      { name: 'tool', region: null, endpoint: null, kind: 'process' },
      { name: 'up', region: null, endpoint: 'http://127.0.0.1:9000', kind: 'role' },
    ])
    expect(JSON.stringify(profiles)).not.toMatch(/very-secret|abc/)
  })

  it('is empty where there is no ~/.aws', async () => {
    expect(await listProfiles()).toEqual([])
  })
})

describe('the time of renewal', () => {
  const now = Date.UTC(2026, 0, 1)
  it.each([
    ['two minutes before the end', 3_600_000, 3_480_000],
    ['at half time of a short life', 100_000, 50_000],
    ['not at once when it is over', -1000, 5_000],
  ])('is %s', (_what, lifeMs, renewMs) => {
    expect(renewAtMs(new Date(now + lifeMs), now) - now).toBe(renewMs)
  })
  it('never comes for keys that do not run out', () => {
    expect(renewAtMs(undefined, now)).toBe(Number.POSITIVE_INFINITY)
  })
})
