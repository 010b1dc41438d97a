import { FileText, FlaskConical, FolderPlus, Plus, Upload } from 'lucide-react'
import type { ReactNode } from 'react'
import { choose, sendSample, startDemo } from '../actions.ts'
import { openDialog, selectedDestination, useApp, useModifier } from '../store.ts'
import { strings } from '../strings.ts'
import { Button } from './button.tsx'
import { WelcomeSteps } from './welcome.tsx'
import './empty-state.css'

const addDestination = () => openDialog({ kind: 'destination', destination: null, askSecret: false })

/** What the window shows before there is anything to show. */
export function EmptyState(): ReactNode {
  const status = useApp((state) => state.status)
  const destination = useApp(selectedDestination)
  const pending = useApp((state) => state.pendingPaths.length)
  const isFirstRun = useApp((state) => state.isFirstRun)
  const mod = useModifier()
  if (status === 'connecting') return <p className="empty empty-note">{strings.empty.connecting}</p>
  if (status !== 'ready') return <p className="empty empty-note">{status.failed}</p>
  return (
    <section className="empty">
      {isFirstRun && <WelcomeSteps now={destination ? 2 : 1} />}
      <Upload size={28} strokeWidth={1.5} aria-hidden />
      <h2>{strings.empty.title}</h2>
      {destination ? (
        <>
          <p className="empty-note">{strings.empty.goingTo(destination.name)}</p>
          <div className="empty-buttons">
            <Button icon={Plus} look="primary" onClick={() => void choose('files')}>
              {strings.add.chooseFiles}
            </Button>
            <Button icon={FolderPlus} onClick={() => void choose('folder')}>
              {strings.add.chooseFolder}
            </Button>
            {isFirstRun && (
              <Button icon={FileText} onClick={() => void sendSample()}>
                {strings.welcome.sample}
              </Button>
            )}
            {destination.credentials.kind !== 'demo' && (
              <Button icon={FlaskConical} look="quiet" onClick={() => void startDemo()}>
                {strings.empty.demo}
              </Button>
            )}
          </div>
          <p className="empty-note">
            {strings.empty.paste}
            <kbd className="key">{mod}V</kbd>
          </p>
        </>
      ) : (
        <>
          <p className="empty-note">{pending > 0 ? strings.empty.waiting(pending) : strings.empty.nowhereYet}</p>
          <div className="empty-choices">
            <Choice
              icon={FlaskConical}
              title={strings.empty.demo}
              hint={strings.empty.demoHint}
              onClick={() => void startDemo()}
            />
            <Choice
              icon={Plus}
              title={strings.empty.addDestination}
              hint={strings.empty.addDestinationHint}
              onClick={addDestination}
            />
          </div>
        </>
      )}
    </section>
  )
}

interface ChoiceProps {
  readonly icon: typeof Plus
  readonly title: string
  readonly hint: string
  readonly onClick: () => void
}

function Choice({ icon: Icon, title, hint, onClick }: ChoiceProps): ReactNode {
  return (
    <button type="button" className="empty-choice" onClick={onClick}>
      <Icon size={18} aria-hidden />
      <span className="empty-choice-title">{title}</span>
      <span className="empty-choice-hint">{hint}</span>
    </button>
  )
}
