import type { ProviderId } from '../../shared/providers.ts'
import { PROVIDERS } from '../../shared/providers.ts'
import type { ServerTraits } from '../../shared/server-traits.ts'
import type { ChecksumAlgorithm } from '../../shared/transfer.ts'
import type { PartLimits } from './part-plan.ts'

/**
 * What a store asks of an upload: the limits of its parts, and a checksum that it can check.
 * @param wanted the algorithm that a person has named; null: none, so the store's own is taken
 */
export function optionsFor(
  id: ProviderId,
  wanted: ChecksumAlgorithm | null,
): { readonly checksum: ChecksumAlgorithm; readonly limits: PartLimits } {
  const { checksum, maxPartCount, maxObjectBytes, equalParts } = PROVIDERS[id]
  return { checksum: wanted ?? checksum, limits: { maxPartCount, maxObjectBytes, equalParts } }
}

/**
 * What is known about a destination's server: by its store, and by what a test found out, which counts for more.
 * `checksum` is that of uploads whose algorithm nobody has named.
 */
export function abilitiesOf(id: ProviderId, found: ServerTraits | null) {
  const { checksum, checksumHeaders } = PROVIDERS[id]
  const takesHeaders = found === null ? checksumHeaders : found.checksums !== 'refused'
  return {
    checksumHeaders: takesHeaders,
    checksum: takesHeaders ? checksum : ('md5' as const),
    conditionalWrites: found === null || found.conditionalWrites === 'honoured',
  }
}

/** Why a store would refuse what a person has named, in one sentence, or null. */
export function checksumProblem(id: ProviderId, wanted: ChecksumAlgorithm | null): string | null {
  const { name, checksumHeaders } = PROVIDERS[id]
  if (wanted === null || wanted === 'md5' || wanted === 'none' || checksumHeaders) return null
  return `${name} refuses the checksum ${wanted}: choose md5 or none`
}
