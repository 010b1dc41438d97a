import type { ReactNode } from 'react'

interface BarProps {
  readonly totalBytes: number
  readonly progressBytes: number
  readonly confirmedBytes: number
  /** Everything is there, whatever was sent for it. */
  readonly isFull: boolean
}

/** Acknowledged bytes in full colour, bytes only written to the socket paler ahead of them. */
export function Bar({ totalBytes, progressBytes, confirmedBytes, isFull }: BarProps): ReactNode {
  const share = (bytes: number) => (isFull ? 1 : totalBytes === 0 ? 0 : Math.min(1, bytes / totalBytes))
  const progress = share(progressBytes)
  return (
    <>
      <span className="bar" aria-hidden>
        <span className="bar-sent" style={{ transform: `scaleX(${progress})` }} />
        <span className="bar-confirmed" style={{ transform: `scaleX(${Math.min(progress, share(confirmedBytes))})` }} />
      </span>
      <span className="bar-percent">{Math.floor(progress * 100)} %</span>
    </>
  )
}
