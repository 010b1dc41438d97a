import { Upload } from 'lucide-react'
import type { ReactNode } from 'react'
import { selectedDestination, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import './drop-overlay.css'

/** Says, while something is dragged over the window, what a drop would do. */
export function DropOverlay(): ReactNode {
  const count = useApp((state) => state.dragCount)
  const name = useApp((state) => selectedDestination(state)?.name)
  if (count === null) return null
  return (
    <div className="drop-overlay" role="status">
      <div className="drop-card">
        <Upload size={22} aria-hidden />
        <p className="drop-title">
          {name === undefined ? strings.drop.noDestination(count) : strings.drop.to(count, name)}
        </p>
        <p className="drop-hint">{strings.drop.hint}</p>
      </div>
    </div>
  )
}
