import type { ProfileView } from '../shared/contract.ts'
import type { DestinationForm } from './destination-form.ts'

/** What a chosen profile brings into the form: its region and endpoint, where it has them. Names that are not known bring only themselves. */
export function withProfile(
  form: Pick<DestinationForm, 'service' | 'endpoint'>,
  name: string,
  profiles: readonly ProfileView[],
): Partial<DestinationForm> {
  const profile = profiles.find((one) => one.name === name.trim())
  if (profile === undefined) return { profile: name }
  const { region, endpoint } = profile
  const place: Partial<DestinationForm> =
    endpoint !== null
      ? { service: 'other', endpoint, pathStyle: true }
      : // An endpoint that was typed is meant; with none, a profile is one of AWS.
        form.service === 'other' && form.endpoint.trim() === ''
        ? { service: 'aws', pathStyle: false }
        : {}
  return { profile: name, ...place, ...(region === null ? {} : { region }) }
}
