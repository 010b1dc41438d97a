import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DiagnosticsFacts } from '../../src/main/app/diagnostics.ts'
import { diagnosticsReport, LastFailures } from '../../src/main/app/diagnostics.ts'
import { Secrets } from '../../src/main/app/secrets.ts'
import type { Destination } from '../../src/shared/destination.ts'
import { destinationSchema } from '../../src/shared/destination.ts'
import { DEFAULT_SETTINGS } from '../../src/shared/settings.ts'

const destination = (accessKeyId: string): Destination =>
  destinationSchema.parse({
    id: 'mine',
    name: 'Mine',
    endpoint: 'https://s3.example.org',
    region: 'eu-west-1',
    bucket: 'films',
    prefix: '',
    pathStyle: true,
    credentials: { kind: 'keys', accessKeyId },
    onExists: 'skip',
    caFile: null,
    proxy: null,
    bindAddress: null,
  })

const facts = (changes: Partial<DiagnosticsFacts> = {}): DiagnosticsFacts => ({
  version: '1.2.3',
  shell: 'chromium',
  settings: { ...DEFAULT_SETTINGS, destinations: [destination('AKIAIOSFODNN7EXAMPLE')] },
  secretPlace: 'keyring',
  blocked: {},
  stats: { sentBytes: 5 },
  errors: [],
  logLines: [],
  ...changes,
})

describe('a diagnostics report', () => {
  it('says what runs where and how it is set up', () => {
    const report = JSON.parse(diagnosticsReport(facts(), Date.UTC(2026, 0, 2)))
    expect(report).toMatchObject({
      madeAt: '2026-01-02T00:00:00.000Z',
      version: '1.2.3',
      secretPlace: 'keyring',
      system: { platform: process.platform, versions: { node: process.versions.node } },
      settings: {
        destinations: [{ name: 'Mine', bucket: 'films', credentials: { kind: 'keys', accessKeyId: 'AKIA…MPLE' } }],
      },
    })
  })

  it('holds no key, token or signature that was ever typed or seen, wherever it turns up', () => {
    // As S3 and its kin make them: letters, digits and a few signs.
    const characters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=_-"\\&<%']
    const text = (minLength: number) =>
      fc.array(fc.constantFrom(...characters), { minLength, maxLength: 60 }).map((piece) => piece.join(''))
    const hex = fc.constantFrom(...'0123456789abcdef')
    const signatures = fc.array(hex, { minLength: 64, maxLength: 64 }).map((digits) => digits.join(''))
    fc.assert(
      fc.property(text(16), text(16), text(20), signatures, fc.string(), (secret, token, keyId, signature, other) => {
        const secrets = new Secrets([], () => {})
        secrets.put('mine', 'Mine', { secretAccessKey: secret, sessionToken: token })
        const said = `${other} ${secret} "${token}" ${keyId} Authorization: AWS4-HMAC-SHA256 Credential=${keyId}/x, Signature=${signature}`
        const failures = new LastFailures()
        failures.add({ code: 'internal', message: said, detail: JSON.stringify({ said }), atMs: 0, key: `k/${secret}` })
        const report = diagnosticsReport(
          facts({
            settings: { ...DEFAULT_SETTINGS, lastFolder: `/home/${token}`, destinations: [destination(keyId)] },
            blocked: { mine: said },
            stats: { [secret]: token },
            errors: failures.list,
            logLines: [said, `x-amz-security-token: ${token}`, `https://u:${secret}@h/?X-Amz-Signature=${signature}`],
          }),
          0,
        )
        const everything = JSON.stringify(textsOf(JSON.parse(report)))
        for (const hidden of [secret, token, keyId, signature]) {
          expect(everything.includes(JSON.stringify(hidden).slice(1, -1)), hidden).toBe(false)
          expect(report.includes(hidden), hidden).toBe(false)
        }
      }),
      // Found by chance: a key id that looks another way in JSON.
      { examples: [['A'.repeat(16), 'A'.repeat(16), '\\"AAAAAAAAAAAAAAA8AAAA', '0'.repeat(64), '']] },
    )
  })

  it('names which variables of the environment are set, and never their values', () => {
    process.env.AWS_SECRET_ACCESS_KEY = 'from-the-environment'
    process.env.HTTPS_PROXY = 'http://me:from-the-proxy@proxy.example.org'
    try {
      const report = diagnosticsReport(facts(), 0)
      expect(JSON.parse(report).system.environmentVariables).toEqual(
        expect.arrayContaining(['AWS_SECRET_ACCESS_KEY', 'HTTPS_PROXY']),
      )
      expect(report).not.toMatch(/from-the/)
    } finally {
      delete process.env.AWS_SECRET_ACCESS_KEY
      delete process.env.HTTPS_PROXY
    }
  })

  it('keeps the last failures only, however many there were', () => {
    const failures = new LastFailures()
    for (let n = 0; n < 1000; n++) failures.add({ code: 'internal', message: `${n}`, atMs: n, key: 'k' })
    expect(failures.list).toHaveLength(50)
    expect(failures.list.at(-1)?.message).toBe('999')
  })
})

/** Names and values, in depth. */
function textsOf(value: unknown): unknown[] {
  if (typeof value !== 'object' || value === null) return [value]
  return Object.entries(value).flatMap(([name, entry]) => [name, ...textsOf(entry)])
}
