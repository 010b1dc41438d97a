import { Menu } from '@base-ui/react/menu'
import { Check, ChevronDown, CircleAlert, Database } from 'lucide-react'
import type { ReactNode } from 'react'
import type { DestinationView } from '../../shared/destination.ts'
import { selectDestination, startDemo } from '../actions.ts'
import { openDialog, selectedDestination, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import './destination-picker.css'
import './menu.css'

const edit = (destination: DestinationView | null) => openDialog({ kind: 'destination', destination, askSecret: false })

const showOpenUploads = ({ id, name }: DestinationView) => openDialog({ kind: 'open-uploads', destinationId: id, name })

/** Names where the next files go, and changes it. */
export function DestinationPicker(): ReactNode {
  const destinations = useApp((state) => state.destinations)
  const current = useApp(selectedDestination)
  const hasDemo = destinations.some((one) => one.credentials.kind === 'demo')
  return (
    <Menu.Root>
      <Menu.Trigger className="button destination-button">
        <Database size={15} aria-hidden />
        <span className="visually-hidden">{strings.destinations.label}: </span>
        <span className="destination-name">{current?.name ?? strings.destinations.none}</span>
        {current && <span className="destination-where">{placeOf(current)}</span>}
        <ChevronDown size={14} aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-positioner" align="start" sideOffset={4}>
          <Menu.Popup className="menu">
            {destinations.length > 0 && (
              <Menu.RadioGroup value={current?.id ?? null} onValueChange={(id) => void selectDestination(String(id))}>
                {destinations.map((one) => (
                  <Item key={one.id} destination={one} />
                ))}
              </Menu.RadioGroup>
            )}
            {destinations.length > 0 && <Menu.Separator className="menu-separator" />}
            {current && (
              <Menu.Item className="menu-item" onClick={() => edit(current)}>
                <span className="menu-check" />
                {strings.destinations.edit}
              </Menu.Item>
            )}
            {current && (
              <Menu.Item className="menu-item" onClick={() => showOpenUploads(current)}>
                <span className="menu-check" />
                {strings.openUploads.menu}
              </Menu.Item>
            )}
            <Menu.Item className="menu-item" onClick={() => edit(null)}>
              <span className="menu-check" />
              {strings.destinations.add}
            </Menu.Item>
            {!hasDemo && (
              <Menu.Item className="menu-item" onClick={() => void startDemo()}>
                <span className="menu-check" />
                {strings.empty.demo}
              </Menu.Item>
            )}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

function Item({ destination }: { readonly destination: DestinationView }): ReactNode {
  return (
    <Menu.RadioItem value={destination.id} className="menu-item" closeOnClick>
      <span className="menu-check">
        <Menu.RadioItemIndicator>
          <Check size={14} aria-hidden />
        </Menu.RadioItemIndicator>
      </span>
      <span className="menu-text">
        <span>{destination.name}</span>
        <span className="menu-sub">{placeOf(destination)}</span>
      </span>
      {destination.blocked && (
        <CircleAlert size={14} className="destination-blocked" aria-label={destination.blocked.message} />
      )}
    </Menu.RadioItem>
  )
}

/** `bucket/prefix on host`. */
function placeOf(destination: DestinationView): string {
  const path = `${destination.bucket}/${destination.prefix}`
  if (destination.credentials.kind === 'demo') return path
  return `${path} · ${destination.endpoint === null ? 'AWS' : new URL(destination.endpoint).host}`
}
