import { KeyRound, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import type { DestinationView } from '../../shared/contract.ts'
import { perform } from '../bridge.ts'
import { openDialog, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import './banner.css'

/** What stops a whole destination, once, instead of at each of its rows. */
export function Banner(): ReactNode {
  const destinations = useApp((state) => state.destinations)
  const selectedId = useApp((state) => state.selectedDestinationId)
  const blocked = destinations.filter((one) => one.blocked !== null)
  const withoutSecret = destinations.filter((one) => one.blocked === null && !one.hasSecret && one.id === selectedId)
  if (blocked.length + withoutSecret.length === 0) return null
  return (
    <section className="banners" aria-label={strings.destinations.label}>
      {blocked.map((one) => (
        <Blocked key={one.id} destination={one} />
      ))}
      {withoutSecret.map((one) => (
        <div key={one.id} className="banner banner-warn">
          <KeyRound size={15} aria-hidden />
          <p>{strings.destinations.secretMissing(one.name)}</p>
          <Button onClick={() => openDialog({ kind: 'destination', destination: one, askSecret: true })}>
            {strings.destinations.enterSecret}
          </Button>
        </div>
      ))}
    </section>
  )
}

function Blocked({ destination }: { readonly destination: DestinationView }): ReactNode {
  const edit = () => openDialog({ kind: 'destination', destination, askSecret: !destination.hasSecret })
  return (
    <div className="banner banner-error" role="alert">
      <TriangleAlert size={15} aria-hidden />
      <p>{strings.destinations.blocked(destination.name, destination.blocked?.message ?? '')}</p>
      <Button onClick={edit}>{strings.destinations.editShort}</Button>
      <Button onClick={() => void perform('unblockDestination', { id: destination.id })}>
        {strings.destinations.tryAgain}
      </Button>
    </div>
  )
}
