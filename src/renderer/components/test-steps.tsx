import { Check, LoaderCircle, Minus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import type { TestResult, TestStep } from '../../shared/contract.ts'
import type { ServerTraits } from '../../shared/server-traits.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import './test-steps.css'

const STEPS: readonly TestStep[] = ['credentials', 'connect', 'bucket', 'write']
/** Signatures allow 15; what is off by one is worth a look. */
const MINUTE_MS = 60_000
const ICONS = { ok: Check, failed: X, skipped: Minus } as const

/** What "Test connection" found, step by step; the steps after a failure were not tried and say so. */
interface TestStepsProps {
  readonly test: TestResult | null
  readonly busy: boolean
  /** By this test or an earlier one. */
  readonly found: ServerTraits | null
  /** The bucket is in another region, which the person takes over. */
  readonly onUseRegion: (region: string) => void
}

export function TestSteps({ test, busy, found, onUseRegion }: TestStepsProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // In a low window the answer would come below the fold.
    if (busy || test) box.current?.scrollIntoView({ block: 'end' })
  }, [busy, test])
  return (
    <div ref={box} className="test-result" role="status">
      {busy && (
        <p className="test-busy">
          <LoaderCircle size={14} aria-hidden /> {strings.destinationDialog.testing}
        </p>
      )}
      {test && (
        <ol className="test-steps">
          {STEPS.map((step) => {
            const done = test.steps.find((one) => one.step === step)
            const result = done === undefined ? 'skipped' : done.ok ? 'ok' : 'failed'
            const Icon = ICONS[result]
            return (
              <li key={step} data-result={result}>
                <Icon size={14} aria-hidden />
                <span>{strings.testSteps[step]}</span>
                <span className="test-message">
                  {done?.message ?? strings.destinationDialog.notTried}
                  {done?.region !== undefined && <UseRegion region={done.region} onUse={onUseRegion} />}
                </span>
              </li>
            )
          })}
        </ol>
      )}
      {test?.ok && <p className="test-ok">{strings.destinationDialog.testOk}</p>}
      {found && !busy && <Traits found={found} />}
    </div>
  )
}

interface UseRegionProps {
  readonly region: string
  readonly onUse: (region: string) => void
}

function UseRegion({ region, onUse }: UseRegionProps): ReactNode {
  return (
    <Button className="use-region" onClick={() => onUse(region)}>
      {strings.destinations.takeRegion(region)}
    </Button>
  )
}

/** What the server can do, as far as it matters to uploads. */
function Traits({ found }: { readonly found: ServerTraits }): ReactNode {
  const text = strings.serverTraits
  const clock = found.clockOffsetMs
  const lines: readonly (readonly [boolean, string, string])[] = [
    [found.checksums === 'checked', text.checksums, text.checksumsFound[found.checksums]],
    [
      found.conditionalWrites === 'honoured',
      text.conditionalWrites,
      text.conditionalWritesFound[found.conditionalWrites],
    ],
    [found.listParts, text.listParts, found.listParts ? text.listPartsYes : text.listPartsNo],
    [clock !== null && Math.abs(clock) < MINUTE_MS, text.clock, text.clockFound(clock)],
    ...(found.region === null
      ? []
      : [[found.region !== 'untold', text.region, text.regionFound[found.region]] as const]),
  ]
  return (
    <section className="test-traits" aria-label={text.title}>
      <p className="form-label">{text.title}</p>
      <ul className="test-steps">
        {lines.map(([fine, name, told]) => (
          <li key={name} data-result={fine ? 'ok' : 'skipped'}>
            {fine ? <Check size={14} aria-hidden /> : <Minus size={14} aria-hidden />}
            <span>{name}</span>
            <span className="test-message">{told}</span>
          </li>
        ))}
      </ul>
    </section>
  )
}
