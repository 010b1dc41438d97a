import { KeyRound, TriangleAlert, WifiOff } from 'lucide-react'
import type { ReactNode } from 'react'
import { useState, useSyncExternalStore } from 'react'
import type { DestinationView } from '../../shared/destination.ts'
import { perform } from '../bridge.ts'
import { inOtherRegion } from '../destination-form.ts'
import { openDialog, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import { TroubleBanner } from './trouble-banner.tsx'
import './banner.css'

/** What stops everything or a whole destination, once, instead of at each row. */
export function Banner(): ReactNode {
  const destinations = useApp((state) => state.destinations)
  const selectedId = useApp((state) => state.selectedDestinationId)
  const blocked = destinations.filter((one) => one.blocked !== null)
  const withoutSecret = destinations.filter((one) => one.blocked === null && !one.hasSecret && one.id === selectedId)
  const allTroubles = useApp((state) => state.troubles)
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set())
  const troubles = allTroubles.filter(({ message }) => !dismissed.has(message))
  const isOnline = useSyncExternalStore(watchOnline, () => navigator.onLine)
  if (blocked.length + withoutSecret.length + troubles.length === 0 && isOnline) return null
  return (
    <section className="banners" aria-label={strings.trouble.label}>
      {troubles.map((one) => (
        <TroubleBanner
          key={`${one.kind} ${one.message}`}
          trouble={one}
          onDismiss={() => setDismissed((before) => new Set(before).add(one.message))}
        />
      ))}
      {!isOnline && (
        <div className="banner banner-warn" role="status">
          <WifiOff size={15} aria-hidden />
          <p>{strings.trouble.offline}</p>
        </div>
      )}
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

/** What the system says: offline is sure, online a hint. */
function watchOnline(onChange: () => void): () => void {
  window.addEventListener('online', onChange)
  window.addEventListener('offline', onChange)
  return () => {
    window.removeEventListener('online', onChange)
    window.removeEventListener('offline', onChange)
  }
}

/** Saves it, and lets what waited go on. */
async function takeRegion(destination: DestinationView, region: string): Promise<void> {
  const saved = await perform('saveDestination', inOtherRegion(destination, region))
  if (saved.ok) await perform('unblockDestination', { id: destination.id })
}

function Blocked({ destination }: { readonly destination: DestinationView }): ReactNode {
  const region = destination.blocked?.region
  const edit = () => openDialog({ kind: 'destination', destination, askSecret: !destination.hasSecret })
  return (
    <div className="banner banner-error" role="alert">
      <TriangleAlert size={15} aria-hidden />
      <p>{strings.destinations.blocked(destination.name, destination.blocked?.message ?? '')}</p>
      {region !== undefined && (
        <Button look="primary" onClick={() => void takeRegion(destination, region)}>
          {strings.destinations.takeRegion(region)}
        </Button>
      )}
      <Button onClick={edit}>{strings.destinations.editShort}</Button>
      <Button onClick={() => void perform('unblockDestination', { id: destination.id })}>
        {strings.destinations.tryAgain}
      </Button>
    </div>
  )
}
