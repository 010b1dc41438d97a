import { X } from 'lucide-react'
import type { KeyboardEvent, ReactNode } from 'react'
import type { TransferDetails } from '../../shared/transfer-details.ts'
import { formatBytes } from '../../shared/units.ts'
import { closeDetails, DETAILS_HEADING_ID } from '../details.ts'
import type { SampleHistory } from '../samples.ts'
import { logText, SHARES, sharesText, slownessText } from '../slowness-text.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { useTransferDetails } from '../use-transfer-details.ts'
import { visibleName } from '../visible-name.ts'
import { IconButton } from './button.tsx'
import { DetailsActions } from './details-actions.tsx'
import './details-panel.css'
import { ExemptSwitch } from './exempt-switch.tsx'
import { OwnLimit } from './own-limit.tsx'
import { PartsMap } from './parts-map.tsx'
import { RateGraph } from './rate-graph.tsx'
import { RowStatus } from './row-status.tsx'

/** A transfer's points are kept as long as it moves; half an hour is what people look back on. */
const MAX_MINUTES = 30

const text = strings.details

/** Everything about one transfer, beside the list. Escape closes it. */
export function DetailsPanel(): ReactNode {
  const id = useApp((state) => state.detailsId)
  return id === null ? null : <Panel id={id} />
}

function Panel({ id }: { readonly id: number }): ReactNode {
  const { details, history } = useTransferDetails(id, closeDetails)
  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    event.preventDefault()
    closeDetails()
  }
  return (
    <section className="details" aria-labelledby={DETAILS_HEADING_ID} onKeyDown={onKeyDown}>
      <div className="details-head">
        <h2 id={DETAILS_HEADING_ID} className="details-name" tabIndex={-1}>
          <span className="visually-hidden">{text.label} </span>
          {details && visibleName(details.row.name)}
        </h2>
        <IconButton icon={X} label={text.close} keys="Esc" onClick={closeDetails} />
      </div>
      {details && <Content details={details} history={history} />}
    </section>
  )
}

interface ContentProps {
  readonly details: TransferDetails
  readonly history: SampleHistory
}

function Content({ details, history }: ContentProps): ReactNode {
  const { row, parts } = details
  const destination = useApp((state) => state.destinations.find(({ id }) => id === row.destinationId)?.name)
  return (
    <div className="details-body">
      <p className="details-where">
        {destination && `${destination} / `}
        {visibleName(row.key)}
      </p>
      <div className="details-status" data-phase={row.phase}>
        <RowStatus row={row} />
        <span className="details-bytes">
          {text.progress(formatBytes(row.confirmedBytes), formatBytes(row.sizeBytes))}
        </span>
      </div>
      <DetailsActions row={row} />
      <Slow details={details} />
      <Section title={text.rate}>
        <RateGraph label={text.graph} history={history} maxMinutes={MAX_MINUTES} />
      </Section>
      {parts.length > 0 && (
        <Section title={text.parts.title}>
          <PartsMap details={details} />
        </Section>
      )}
      <Section title={text.limit}>
        <OwnLimit key={row.id} row={row} />
        <ExemptSwitch row={row} />
      </Section>
      <Section title={text.log}>
        <Log details={details} />
      </Section>
    </div>
  )
}

function Section({ title, children }: { readonly title: string; readonly children: ReactNode }): ReactNode {
  return (
    <section className="details-section">
      <h3>{title}</h3>
      {children}
    </section>
  )
}

/** What binds, as a sentence; and where the connections' time goes, as a bar. */
function Slow({ details }: { readonly details: TransferDetails }): ReactNode {
  const { slowness, shares } = details
  if (slowness.cause === 'none') return null
  const shown = sharesText(shares)
  return (
    <Section title={text.why}>
      <p className="details-why" data-testid="slowness">
        {slownessText(slowness)}
      </p>
      {shown !== '' && (
        <>
          <div className="time-bar" aria-hidden>
            {SHARES.filter((share) => shares[share] > 0).map((share) => (
              <span key={share} className={`time-${share}`} style={{ flexGrow: shares[share] }} />
            ))}
          </div>
          <p className="details-shares">{text.shares(shown)}</p>
        </>
      )}
    </Section>
  )
}

function Log({ details }: { readonly details: TransferDetails }): ReactNode {
  if (details.log.length === 0) return <p className="details-shares">{text.logEmpty}</p>
  return (
    <ol className="details-log">
      {details.log.toReversed().map((entry, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: entries of one moment differ by nothing else
        <li key={`${entry.atMs} ${index}`}>
          <time dateTime={new Date(entry.atMs).toISOString()}>{new Date(entry.atMs).toLocaleTimeString('en-GB')}</time>
          <span>{logText(entry)}</span>
        </li>
      ))}
    </ol>
  )
}
