import { loadSharedConfigFiles } from '@smithy/core/config'
import type { ProfileView } from '../../shared/destination.ts'

/** What ~/.aws/config and ~/.aws/credentials say about profiles, apart from the keys themselves. */

/** As many as a form can offer. */
const MAX_PROFILES = 1_000

type Section = Readonly<Record<string, string | undefined>>

/** Region and endpoint of one profile; null where it does not say. Files that are not there say nothing. */
export async function profileSettings(name: string): Promise<{ region: string | null; endpoint: string | null }> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true })
  return settingsOf({ ...credentialsFile[name], ...configFile[name] }, configFile)
}

/** All profiles by name, `default` first. */
export async function listProfiles(): Promise<readonly ProfileView[]> {
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true })
  // The SDK's reader names other sections `sso-session.x` and `services.x`; of a profile it leaves the bare name.
  const names = Object.keys(configFile).filter((name) => !/^(sso-session|services)\./.test(name))
  return [...new Set([...names, ...Object.keys(credentialsFile)])]
    .sort((a, b) => Number(b === 'default') - Number(a === 'default') || a.localeCompare(b))
    .slice(0, MAX_PROFILES)
    .map((name) => {
      const profile = { ...credentialsFile[name], ...configFile[name] }
      return { name, ...settingsOf(profile, configFile), kind: kindOf(profile) }
    })
}

/** https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function settingsOf(profile: Section, configFile: Readonly<Record<string, Section | undefined>>) {
  const services = profile.services === undefined ? undefined : configFile[`services.${profile.services}`]
  return { region: profile.region ?? null, endpoint: services?.['s3.endpoint_url'] ?? profile.endpoint_url ?? null }
}

/** In the order in which the SDK decides. */
function kindOf(profile: Section): ProfileView['kind'] {
  if (profile.role_arn !== undefined) return 'role'
  if (profile.aws_access_key_id !== undefined) return 'keys'
  if (profile.credential_process !== undefined) return 'process'
  if (profile.sso_session !== undefined || profile.sso_start_url !== undefined) return 'sso'
  return 'other'
}
