import type { LucideIcon } from 'lucide-react'
import type { ReactNode } from 'react'

interface RowButtonProps {
  readonly icon: LucideIcon
  readonly label: string
  readonly onClick: () => void
}

/** Out of the tab order: with 40 rows in sight it would be a maze, and each action has a key and a menu entry. */
export function RowButton({ icon: Icon, label, onClick }: RowButtonProps): ReactNode {
  return (
    <button
      type="button"
      tabIndex={-1}
      className="row-button"
      aria-label={label}
      title={label}
      onMouseDown={(event) => event.stopPropagation()}
      onDoubleClick={(event) => event.stopPropagation()}
      onClick={onClick}
    >
      <Icon size={15} aria-hidden />
    </button>
  )
}
