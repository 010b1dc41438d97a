import type { Destination } from '../shared/destination.ts'
import type { ProviderId } from '../shared/providers.ts'
import { PROVIDERS, providerOf } from '../shared/providers.ts'
import type { DestinationForm } from './destination-form.ts'

type Place = Pick<DestinationForm, 'provider' | 'endpoint' | 'region' | 'pathStyle'>

/** In the order of the list: stores on the net by their spread, then servers of one's own, then all others. */
export const CHOICES: readonly ProviderId[] = [
  'aws',
  'r2',
  'b2',
  'wasabi',
  'spaces',
  'ceph',
  'minio',
  'garage',
  'other',
]

/** Which store the form shows; an address of AWS that was typed is kept as it is. */
export function providerIn({ provider, endpoint }: Pick<Destination, 'provider' | 'endpoint'>): ProviderId {
  if (endpoint === null) return 'aws'
  const id = provider ?? providerOf(endpoint)
  return id === 'aws' ? 'other' : id
}

/** What choosing a store brings into the form: its address, a region that it has, and where the bucket's name stands. */
export function withProvider(form: Place, provider: ProviderId): Place {
  const { regions, pathStyle } = PROVIDERS[provider]
  const [first = form.region] = regions
  const keeps = regions.includes(form.region) || (provider === 'other' && form.region !== '')
  const region = keeps ? form.region : first
  // An address that names another store would be wrong here.
  const known = providerOf(form.endpoint)
  const typed = known === 'other' || known === provider ? form.endpoint : ''
  return { provider, region, pathStyle, endpoint: addressIn(provider, region) ?? typed }
}

/** Where the region is part of the address, the two change together. */
export function withRegion(form: Place, region: string): Partial<Place> {
  const follows = form.endpoint === addressIn(form.provider, form.region)
  return { region, ...(follows ? { endpoint: addressIn(form.provider, region) ?? form.endpoint } : {}) }
}

/** For an address that a person types. */
export function endpointExample(provider: ProviderId): string | null {
  const { endpoint } = PROVIDERS[provider]
  return endpoint?.includes('{account}') ? endpoint.replace('{account}', '<account id>') : null
}

function addressIn(provider: ProviderId, region: string): string | null {
  const { endpoint } = PROVIDERS[provider]
  if (endpoint === null || !endpoint.includes('{region}') || endpoint.includes('{account}')) return null
  return endpoint.replace('{region}', region.trim())
}
