import type { EndedBatch } from '../shared/contract.ts'
import { searcher } from '../shared/queue-filter.ts'

/** Those with the text in the name of something that was dropped, or of their destination. */
export function foundBatches(
  batches: readonly EndedBatch[],
  search: string,
  destinationName: (id: string) => string,
): readonly EndedBatch[] {
  const finds = searcher(search)
  if (finds === null) return batches
  return batches.filter(({ names, destinationId }) => names.some(finds) || finds(destinationName(destinationId)))
}
