import { Check, LoaderCircle, Minus, X } from 'lucide-react'
import type { ReactNode } from 'react'
import { useEffect, useRef } from 'react'
import type { TestResult, TestStep } from '../../shared/contract.ts'
import { strings } from '../strings.ts'

const STEPS: readonly TestStep[] = ['credentials', 'connect', 'bucket', 'write']
const ICONS = { ok: Check, failed: X, skipped: Minus } as const

/** What "Test connection" found, step by step; the steps after a failure were not tried and say so. */
export function TestSteps({ test, busy }: { readonly test: TestResult | null; readonly busy: boolean }): ReactNode {
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
                <span className="test-message">{done?.message ?? strings.destinationDialog.notTried}</span>
              </li>
            )
          })}
        </ol>
      )}
      {test?.ok && <p className="test-ok">{strings.destinationDialog.testOk}</p>}
    </div>
  )
}
