import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AwsHome } from './aws-home.ts'

export interface KeyProgram {
  /** The profile that names it. */
  readonly profile: string
  /** How often it was run. */
  runs(): number
  /** `new`: another session token with each run (`token-1`, `token-2`, …); `same`: the last one; `once`: then it fails. */
  gives(what: 'new' | 'same' | 'once'): void
}

/** A `credential_process` of a profile in `home`: the given keys, and a session token that counts its runs. */
export function keyProgram(
  home: AwsHome,
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string },
  lifeMs = 3_600_000,
): KeyProgram {
  const at = (name: string) => join(home.dir, name)
  const printed = JSON.stringify({
    Version: 1,
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    SessionToken: 'token-%s',
    Expiration: new Date(Date.now() + lifeMs).toISOString(),
  })
  writeFileSync(at('runs'), '0')
  writeFileSync(at('token'), '0')
  writeFileSync(at('gives'), 'new')
  writeFileSync(
    at('keys.sh'),
    `#!/bin/sh
cd '${home.dir}'
echo $(($(cat runs) + 1)) > runs.new && mv runs.new runs
gives=$(cat gives)
[ "$gives" = once ] && [ "$(cat runs)" -gt 1 ] && { echo 'sign in at the front desk' >&2; exit 1; }
[ "$gives" != same ] && echo $(($(cat token) + 1)) > token.new && mv token.new token
printf '${printed}\\n' "$(cat token)"
`,
  )
  chmodSync(at('keys.sh'), 0o755)
  home.write('config', `[profile desk]\ncredential_process = ${at('keys.sh')}\n`)
  return {
    profile: 'desk',
    runs: () => Number(readFileSync(at('runs'), 'utf8')),
    gives: (what) => writeFileSync(at('gives'), what),
  }
}
