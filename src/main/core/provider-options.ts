import type { ProviderId } from '../../shared/providers.ts'
import { PROVIDERS } from '../../shared/providers.ts'
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

/** Why a store would refuse what a person has named, in one sentence, or null. */
export function checksumProblem(id: ProviderId, wanted: ChecksumAlgorithm | null): string | null {
  const { name, checksumHeaders } = PROVIDERS[id]
  if (wanted === null || wanted === 'md5' || wanted === 'none' || checksumHeaders) return null
  return `${name} refuses the checksum ${wanted}: choose md5 or none`
}
