import { useEffect, useMemo, useState } from 'react'
import type { TransferDetails } from '../shared/transfer-details.ts'
import { call } from './bridge.ts'
import { SampleHistory } from './samples.ts'

/** Four times a second: as often as the engine measures. */
const POLL_MS = 250

export interface FollowedTransfer {
  /** null until the first answer. */
  readonly details: TransferDetails | null
  readonly history: SampleHistory
}

/** Asks about one transfer for as long as it is shown; `onGone` when it has left the list. */
export function useTransferDetails(id: number, onGone: () => void): FollowedTransfer {
  // biome-ignore lint/correctness/useExhaustiveDependencies: another transfer has another history
  const history = useMemo(() => new SampleHistory(), [id])
  const [details, setDetails] = useState<TransferDetails | null>(null)
  useEffect(() => {
    let stopped = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const ask = async () => {
      const answer = await call('transferDetails', { id, sinceMs: history.newestMs })
      if (stopped) return
      if (answer.ok && answer.value === null) return onGone()
      if (answer.ok && answer.value !== null) {
        history.append(answer.value.samples)
        setDetails(answer.value)
      }
      // After the answer: a slow host is never asked twice at once.
      timer = setTimeout(() => void ask(), POLL_MS)
    }
    void ask()
    return () => {
      stopped = true
      clearTimeout(timer)
    }
  }, [id, history, onGone])
  return { details: details?.row.id === id ? details : null, history }
}
