import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import { unfinishedOf } from '../phases.ts'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'

/** Failures are told together, so that a thousand of them are one sentence. */
const GATHER_MS = 4000

/** The live region: says that everything has ended, or that something failed, and nothing else. */
export function Announcer(): ReactNode {
  const [text, setText] = useState('')
  useEffect(() => {
    let toldFailures = useApp.getState().summary?.counts.failed ?? 0
    let hadWork = false
    let timer: ReturnType<typeof setTimeout> | undefined

    const tellFailures = () => {
      timer = undefined
      const failed = useApp.getState().summary?.counts.failed ?? 0
      if (failed > toldFailures) setText(strings.announce.failed(failed - toldFailures))
      toldFailures = failed
    }
    const stop = useApp.subscribe(({ summary }) => {
      if (!summary) return
      const hasWork = unfinishedOf(summary) > 0 || summary.scanning > 0
      if (hadWork && !hasWork) {
        clearTimeout(timer)
        timer = undefined
        toldFailures = summary.counts.failed
        setText(strings.announce.done(summary.counts.completed, summary.counts.failed))
      } else if (summary.counts.failed > toldFailures) {
        timer ??= setTimeout(tellFailures, GATHER_MS)
      } else {
        toldFailures = summary.counts.failed
      }
      hadWork = hasWork
    })
    return () => {
      stop()
      clearTimeout(timer)
    }
  }, [])
  return (
    <p className="visually-hidden" role="status">
      {text}
    </p>
  )
}
