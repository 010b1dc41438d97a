import { useEffect, useState } from 'react'
import type { CommandResult } from '../shared/contract.ts'
import type { OpenUpload, UploadMarker } from '../shared/open-uploads.ts'
import { call } from './bridge.ts'

/** A list that nobody would read to its end; their parts can be aborted all the same, and then the next are shown. */
export const MAX_SHOWN = 20_000

export interface OpenUploadsFound {
  readonly uploads: readonly OpenUpload[]
  readonly state: 'looking' | 'all' | 'more'
  /** Why the list ends here, in a sentence, or null. */
  readonly problem: string | null
}

const NOTHING_YET: OpenUploadsFound = { uploads: [], state: 'looking', problem: null }

/** What is open at a destination, page by page for as long as somebody looks. A new `attempt` begins anew. */
export function useOpenUploads(destinationId: string, attempt: number): OpenUploadsFound {
  const [found, setFound] = useState(NOTHING_YET)
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt looks at the same destination again
  useEffect(() => {
    const looking = new AbortController()
    setFound(NOTHING_YET)
    void look(destinationId, looking.signal, setFound)
    return () => looking.abort()
  }, [destinationId, attempt])
  return found
}

async function look(
  destinationId: string,
  signal: AbortSignal,
  onFound: (found: OpenUploadsFound) => void,
): Promise<void> {
  let uploads: readonly OpenUpload[] = []
  let after: UploadMarker | null = null
  do {
    const answer: CommandResult<'listOpenUploads'> = await call('listOpenUploads', { destinationId, after })
    if (signal.aborted) return
    if (!answer.ok) return onFound({ uploads, state: 'all', problem: answer.error.message })
    uploads = [...uploads, ...answer.value.uploads]
    after = answer.value.next
    const state = after === null ? 'all' : uploads.length >= MAX_SHOWN ? 'more' : 'looking'
    onFound({ uploads, state, problem: null })
  } while (after !== null && uploads.length < MAX_SHOWN)
}
