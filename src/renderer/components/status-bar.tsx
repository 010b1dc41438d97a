import type { ReactNode } from 'react'
import { formatBytes } from '../../shared/units.ts'
import { countOf } from '../phases.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import './status-bar.css'

/** Counts, and everything that was left out: nothing is skipped silently. */
export function StatusBar(): ReactNode {
  const summary = useApp((state) => state.summary)
  if (!summary) return <footer className="status-bar" />
  const count = countOf(summary, 'all')
  return (
    <footer className="status-bar">
      {summary.scanning > 0 && <span>{strings.status.scanning(summary.scanning)}</span>}
      {count > 0 && <span>{strings.status.total(countOf(summary, 'done'), count)}</span>}
      {summary.sentBytes > 0 && <span>{strings.status.sent(formatBytes(summary.sentBytes))}</span>}
      {summary.resentBytes > 0 && <span>{strings.status.resent(formatBytes(summary.resentBytes))}</span>}
      {summary.skippedNames > 0 && <span>{strings.status.leftOut(summary.skippedNames)}</span>}
      {summary.emptyFolders > 0 && <span>{strings.status.emptyFolders(summary.emptyFolders)}</span>}
      {summary.unreadable > 0 && <span className="status-error">{strings.status.unreadable(summary.unreadable)}</span>}
    </footer>
  )
}
