import { Tooltip } from '@base-ui/react/tooltip'
import type { LucideIcon } from 'lucide-react'
import type { ComponentProps, ReactNode } from 'react'
import './button.css'

interface ButtonProps extends ComponentProps<'button'> {
  readonly icon?: LucideIcon
  readonly look?: 'plain' | 'primary' | 'quiet' | 'danger'
}

/** A push button with a text, and perhaps an icon before it. */
export function Button({ icon: Icon, look = 'plain', className = '', children, ...rest }: ButtonProps): ReactNode {
  return (
    <button type="button" className={`button button-${look} ${className}`} {...rest}>
      {Icon && <Icon size={15} aria-hidden />}
      {children}
    </button>
  )
}

interface IconButtonProps extends Omit<ComponentProps<'button'>, 'children'> {
  readonly icon: LucideIcon
  readonly label: string
  /** Shown after the label in the tooltip, such as "Ctrl+O". */
  readonly keys?: string
}

/** A square button that shows an icon; its label is its name and its tooltip. */
export function IconButton({ icon: Icon, label, keys, className = '', ...rest }: IconButtonProps): ReactNode {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger
        render={<button type="button" aria-label={label} className={`button icon-button ${className}`} {...rest} />}
      >
        <Icon size={16} aria-hidden />
      </Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Positioner sideOffset={6}>
          <Tooltip.Popup className="tooltip">
            {label}
            {keys && <kbd className="key">{keys}</kbd>}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  )
}
