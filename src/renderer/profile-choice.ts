import type { ProfileView } from '../shared/destination.ts'
import type { DestinationForm } from './destination-form.ts'
import { providerIn } from './provider-choice.ts'

/** What a chosen profile brings into the form: its region and endpoint, where it has them. Names that are not known bring only themselves. */
export function withProfile(
  form: Pick<DestinationForm, 'provider' | 'endpoint'>,
  name: string,
  profiles: readonly ProfileView[],
): Partial<DestinationForm> {
  const profile = profiles.find((one) => one.name === name.trim())
  if (profile === undefined) return { profile: name }
  const { region, endpoint } = profile
  const place: Partial<DestinationForm> =
    endpoint !== null
      ? { provider: providerIn({ provider: null, endpoint }), endpoint, pathStyle: true }
      : // An endpoint that was typed is meant; with none, a profile is one of AWS.
        form.provider === 'other' && form.endpoint.trim() === ''
        ? { provider: 'aws', pathStyle: false }
        : {}
  return { profile: name, ...place, ...(region === null ? {} : { region }) }
}
