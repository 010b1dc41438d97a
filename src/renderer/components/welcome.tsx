import { Check, PartyPopper } from 'lucide-react'
import type { ReactNode } from 'react'
import { countOf, unfinishedOf } from '../phases.ts'
import { selectedDestination, setState, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import './welcome.css'

type Step = 1 | 2 | 3

/** The way from nothing to a verified object: where to, what, and the proof. */
export function WelcomeSteps({ now }: { readonly now: Step }): ReactNode {
  return (
    <ol className="welcome-steps" aria-label={strings.welcome.label}>
      {strings.welcome.steps.map((text, index) => {
        const step = index + 1
        return (
          <li key={text} {...(step === now && { 'aria-current': 'step' as const })} data-done={step < now}>
            <span className="welcome-number" aria-hidden>
              {step < now ? <Check size={12} /> : step}
            </span>
            {text}
            {step < now && <span className="visually-hidden">{strings.welcome.done}</span>}
          </li>
        )
      })}
    </ol>
  )
}

/** The last step stands above the first transfers, until one has arrived and the person has read how. */
export function WelcomeEnd(): ReactNode {
  const isFirstRun = useApp((state) => state.isFirstRun)
  const destination = useApp(selectedDestination)
  const summary = useApp((state) => state.summary)
  if (!isFirstRun || summary === null || countOf(summary, 'all') === 0) return null
  const isUnderWay = unfinishedOf(summary) > 0
  const arrived = summary.counts.completed
  const text = isUnderWay
    ? strings.welcome.underWay
    : arrived > 0
      ? strings.welcome.verified(arrived, destination?.name ?? '')
      : strings.welcome.notArrived
  return (
    <section className="welcome-end" aria-label={strings.welcome.label}>
      <WelcomeSteps now={3} />
      <div className="welcome-line">
        {arrived > 0 && !isUnderWay && <PartyPopper size={16} aria-hidden />}
        <p role="status">{text}</p>
        {(arrived > 0 || !isUnderWay) && (
          <Button onClick={() => setState({ isFirstRun: false })}>{strings.welcome.close}</Button>
        )}
      </div>
    </section>
  )
}
