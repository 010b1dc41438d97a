import type { ReactNode } from 'react'
import { useEffect, useRef, useState } from 'react'
import type { DestinationView } from '../../shared/destination.ts'
import type { ExistingKeys, Preflight } from '../../shared/preflight.ts'
import { formatBytes, formatDuration, formatRate } from '../../shared/units.ts'
import { currentRate } from '../phases.ts'
import type { OpenPreflight } from '../preflight.ts'
import { durationMs, setAskBeforeUpload } from '../preflight.ts'
import { shownLimit, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { visibleName } from '../visible-name.ts'
import { Button } from './button.tsx'
import { DialogFrame } from './dialog-frame.tsx'
import './preflight-sheet.css'

/** One sheet between a large drop and its first byte: what, where to, how long, and what will not go. */
export function PreflightSheet(): ReactNode {
  const open = useApp((state) => state.preflight)
  // Kept while it fades, so that it does not go blank.
  const [shown, setShown] = useState<OpenPreflight | null>(null)
  useEffect(() => {
    if (open) setShown(open)
  }, [open])
  const preflight = open ?? shown
  if (!preflight) return null
  const { destination, found, decide } = preflight
  const title = found === null ? strings.preflight.looking : strings.preflight.title(found.files, destination.name)
  return (
    <DialogFrame open={open !== null} title={title} onClose={() => decide(false)}>
      {found === null ? <Looking onCancel={() => decide(false)} /> : <Found {...preflight} found={found} />}
    </DialogFrame>
  )
}

function Looking({ onCancel }: { readonly onCancel: () => void }): ReactNode {
  return (
    <>
      <p className="dialog-body" role="status">
        {strings.preflight.lookingHint}
      </p>
      <div className="dialog-foot">
        <span className="dialog-space" />
        <Button onClick={onCancel}>{strings.preflight.cancel}</Button>
      </div>
    </>
  )
}

type FoundProps = OpenPreflight & { readonly found: Preflight }

function Found({ destination, found, decide }: FoundProps): ReactNode {
  const [again, setAgain] = useState(true)
  const first = useRef<HTMLButtonElement>(null)
  useEffect(() => first.current?.focus(), [])
  const nothing = found.files === 0
  const upload = () => {
    if (!again) void setAskBeforeUpload(false)
    decide(true)
  }
  return (
    <>
      <div className="dialog-body preflight">
        <Facts destination={destination} found={found} />
        {found.existing !== null && <Existing existing={found.existing} rule={destination.onExists} />}
        <Skipped found={found} />
      </div>
      <div className="dialog-foot">
        {!nothing && (
          <label className="preflight-again">
            <input type="checkbox" checked={!again} onChange={(event) => setAgain(!event.target.checked)} />
            {strings.preflight.dontAsk}
          </label>
        )}
        <span className="dialog-space" />
        <Button {...(nothing && { ref: first })} onClick={() => decide(false)}>
          {strings.preflight.cancel}
        </Button>
        {!nothing && (
          <Button ref={first} look="primary" onClick={upload}>
            {strings.preflight.upload(found.files)}
          </Button>
        )}
      </div>
    </>
  )
}

function Facts({ destination, found }: Pick<FoundProps, 'destination' | 'found'>): ReactNode {
  const { largest } = found
  return (
    <dl className="preflight-facts">
      <dt>{strings.preflight.size}</dt>
      <dd>{formatBytes(found.bytes)}</dd>
      <dt>{strings.preflight.time}</dt>
      <dd>
        <Time bytes={found.bytes} />
      </dd>
      <dt>{strings.preflight.to}</dt>
      <dd>
        {destination.name} · {destination.bucket}/{destination.prefix}
      </dd>
      {largest !== null && (
        <>
          <dt>{strings.preflight.largest}</dt>
          <dd>
            {visibleName(lastPiece(largest.path))} · {formatBytes(largest.sizeBytes)} ·{' '}
            {largest.partBytes === null
              ? strings.preflight.onePiece
              : strings.preflight.parts(largest.partCount, formatBytes(largest.partBytes))}
          </dd>
        </>
      )}
    </dl>
  )
}

/** It changes with the limit while the sheet is open. */
function Time({ bytes }: { readonly bytes: number }): ReactNode {
  const limit = useApp(shownLimit)
  const rate = useApp((state) => (state.summary === null ? 0 : currentRate(state.summary)))
  const ms = durationMs(bytes, limit, rate)
  if (ms === null) return strings.preflight.timeUnknown
  const duration = formatDuration(ms)
  return limit === null
    ? strings.preflight.timeAtRate(duration, formatRate(rate))
    : strings.preflight.timeAtLimit(duration, formatRate(limit))
}

interface ExistingProps {
  readonly existing: ExistingKeys
  readonly rule: DestinationView['onExists']
}

function Existing({ existing, rule }: ExistingProps): ReactNode {
  const { count, keys, otherSize, complete, problem } = existing
  if (problem !== null) return <p className="preflight-warn">{strings.preflight.notLooked(problem)}</p>
  if (count === 0) return <p>{complete ? strings.preflight.noneThere : strings.preflight.noneSeenThere}</p>
  return (
    <Listed
      look="warn"
      heading={`${strings.preflight.there(count, complete)} ${rule === 'keep-both' ? strings.preflight.keptBeside(otherSize, count) : strings.preflight.rules[rule]}`}
      label={strings.preflight.thereLabel}
      lines={keys.map((key) => ({ name: key, reason: '' }))}
      rest={count - keys.length}
    />
  )
}

function Skipped({ found }: { readonly found: Preflight }): ReactNode {
  const { skipped, skippedCount, leftOut, emptyFolders } = found
  return (
    <>
      {skippedCount > 0 && (
        <Listed
          look="error"
          heading={strings.preflight.skipped(skippedCount)}
          label={strings.preflight.skippedLabel}
          lines={skipped.map(({ path, reason }) => ({ name: path, reason }))}
          rest={skippedCount - skipped.length}
        />
      )}
      {leftOut > 0 && <p>{strings.preflight.leftOut(leftOut)}</p>}
      {emptyFolders > 0 && <p>{strings.preflight.emptyFolders(emptyFolders)}</p>}
    </>
  )
}

interface ListedProps {
  readonly look: 'warn' | 'error'
  readonly heading: string
  readonly label: string
  readonly lines: readonly { readonly name: string; readonly reason: string }[]
  /** So many more are not listed. */
  readonly rest: number
}

function Listed({ look, heading, label, lines, rest }: ListedProps): ReactNode {
  return (
    <section className="preflight-listed">
      <p className={`preflight-${look}`}>{heading}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
      <section className="preflight-list" aria-label={label} tabIndex={0}>
        <ul>
          {lines.map(({ name, reason }) => (
            <li key={name}>
              <span>{visibleName(name)}</span>
              {reason !== '' && <span className="preflight-reason">{reason}</span>}
            </li>
          ))}
          {rest > 0 && <li className="preflight-reason">{strings.preflight.more(rest)}</li>}
        </ul>
      </section>
    </section>
  )
}

/** Paths of the host: Windows separates with `\`. */
function lastPiece(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path
}
