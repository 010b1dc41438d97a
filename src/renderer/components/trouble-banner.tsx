import { DatabaseZap, FileWarning, LoaderCircle, TriangleAlert, X } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Trouble } from '../../shared/trouble.ts'
import { saveDiagnostics } from '../actions.ts'
import { openDialog } from '../store.ts'
import { strings } from '../strings.ts'
import { Button, IconButton } from './button.tsx'

const text = strings.trouble

interface TroubleProps {
  readonly trouble: Trouble
  readonly onDismiss: () => void
}

/** What is wrong with the program as a whole: one sentence, and what helps, for as long as it lasts. */
export function TroubleBanner({ trouble: { kind, message }, onDismiss }: TroubleProps): ReactNode {
  switch (kind) {
    case 'engine-restarting':
      return (
        <div className="banner banner-warn" role="status">
          <LoaderCircle size={15} aria-hidden />
          <p>{text.restarting(message)}</p>
        </div>
      )
    case 'engine-dead':
    case 'unkept':
      return (
        <div className="banner banner-error" role="alert">
          <TriangleAlert size={15} aria-hidden />
          <p>{kind === 'unkept' ? text.unkept(message) : text.engineDead(message)}</p>
          <Button onClick={() => void saveDiagnostics()}>{text.saveReport}</Button>
        </div>
      )
    case 'stuck':
      return (
        <div className="banner banner-error" role="alert">
          <DatabaseZap size={15} aria-hidden />
          <p>{message}</p>
          <Button onClick={() => openDialog({ kind: 'history' })}>{text.makeRoom}</Button>
        </div>
      )
    case 'set-aside':
      return (
        <div className="banner banner-warn" role="status">
          <FileWarning size={15} aria-hidden />
          <p>{message}</p>
          <IconButton icon={X} label={text.dismiss} onClick={onDismiss} />
        </div>
      )
  }
}
