import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hideSecret, redact, shortKeyId } from '../../src/shared/redact.ts'

describe('what is known to be a secret', () => {
  const secret = fc
    .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 60 })
    .filter((text) => text.trim() === text)

  it('never comes through, in whatever text, plain, in a URL or in JSON', () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (hidden, before, after) => {
        hideSecret(hidden)
        expect(redact(`${before} ${hidden} ${after}`)).not.toContain(hidden)
        expect(redact(`https://h/?a=${encodeURIComponent(hidden)}`)).not.toContain(encodeURIComponent(hidden))
        expect(redact(JSON.stringify({ value: hidden }))).not.toContain(JSON.stringify(hidden))
      }),
    )
  })

  it('is hidden whole when another secret is a part of it', () => {
    hideSecret('inner-secret')
    hideSecret('outer-inner-secret-outer')
    expect(redact('x outer-inner-secret-outer y')).toBe('x [redacted] y')
  })

  it('is no word of a few letters', () => {
    hideSecret('demo')
    expect(redact('the demo bucket')).toBe('the demo bucket')
  })
})

describe('what has the form of a secret', () => {
  const S = 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY'
  it.each([
    ['a signature', `Authorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/2026/x, Signature=${S}`],
    ['a signature as a property', `{ authorization: 'AWS4-HMAC-SHA256 Credential=A/b, Signature=${S}' }`],
    [
      'a presigned URL',
      `https://b.s3.amazonaws.com/k?X-Amz-Credential=${S}&X-Amz-Signature=${S}&X-Amz-Security-Token=${S}`,
    ],
    ['a token in a header', `x-amz-security-token: ${S}`],
    ['a line of ~/.aws', `aws_secret_access_key = ${S}`],
    ['an environment', `AWS_SECRET_ACCESS_KEY=${S} AWS_SESSION_TOKEN=${S}`],
    ['JSON', `{"SecretAccessKey":"${S}","SessionToken": "${S}"}`],
    ['JSON in JSON', JSON.stringify(JSON.stringify({ SecretAccessKey: S }))],
    ['XML', `<SecretAccessKey>${S}</SecretAccessKey><SessionToken>${S}</SessionToken>`],
    ['a proxy', `http://user:${S}@proxy.example.org:3128/`],
    ['a proxy header', `Proxy-Authorization: Basic ${S}`],
    ['a bearer', `sent Bearer ${S}`],
    ['a command line', `tool --session-token ${S} --secret=${S} --password ${S}`],
    ['a password', `password=${S}`],
    ['a private key', `-----BEGIN RSA PRIVATE KEY-----\n${S}\n-----END RSA PRIVATE KEY-----`],
  ])('does not come through: %s', (_what, text) => {
    expect(redact(text)).not.toContain(S)
    expect(redact(text)).toContain('[redacted]')
    expect(redact(redact(text))).toBe(redact(text))
  })

  it('leaves access key ids short, and everything else as it is', () => {
    expect(redact('key AKIAIOSFODNN7EXAMPLE was refused')).toBe('key AKIA…MPLE was refused')
    const plain =
      'The bucket "films" at s3.example.org:9000 is in region eu-west-1: set that region. HTTP 301 · request 4442587FB7D0A2F9'
    expect(redact(plain)).toBe(plain)
  })

  it('takes no longer than the text deserves', () => {
    for (const piece of ['a', 'a-', 'http', 'token', '"', '--a-', 'x:y@', 'Basic ']) {
      const started = performance.now()
      redact(piece.repeat(20_000))
      expect(performance.now() - started).toBeLessThan(5_000)
    }
  })
})

it('shortens an id so that two can be told apart and neither can be read', () => {
  expect(shortKeyId('AKIAIOSFODNN7EXAMPLE')).toBe('AKIA…MPLE')
  expect(shortKeyId('minioadmin')).toBe('mi…in')
  expect(shortKeyId('key')).toBe('k…')
})
