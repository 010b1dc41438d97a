import { profileSettings } from '../app/profiles.ts'

/** What the AWS CLI would take from the environment and ~/.aws when its flags are not given. */
export interface AwsSettings {
  readonly region: string
  readonly endpoint: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

const DEFAULT_REGION = 'us-east-1'

/**
 * Region and endpoint in the AWS CLI's order: flag, environment, profile.
 * https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
 */
export async function awsSettings(
  flags: { readonly region: string | null; readonly endpoint: string | null; readonly profile: string | null },
  env: Environment,
): Promise<AwsSettings> {
  const ignoresEndpoints = env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true'
  const envEndpoint = ignoresEndpoints ? undefined : env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL
  const region = flags.region ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION)
  const endpoint = flags.endpoint ?? envEndpoint
  if (region && endpoint) return { region, endpoint }
  const configured = await profileSettings(flags.profile ?? (env.AWS_PROFILE || 'default'))
  return {
    region: region || configured.region || DEFAULT_REGION,
    endpoint: endpoint || (ignoresEndpoints ? null : configured.endpoint),
  }
}
