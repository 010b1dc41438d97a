import { CSPProvider } from '@base-ui/react/csp-provider'
import { Tooltip } from '@base-ui/react/tooltip'
import type { ReactNode } from 'react'
import { useEffect } from 'react'
import { Announcer } from './components/announcer.tsx'
import { Banner } from './components/banner.tsx'
import { DetailsPanel } from './components/details-panel.tsx'
import { Dialogs } from './components/dialogs.tsx'
import { DropOverlay } from './components/drop-overlay.tsx'
import { EmptyState } from './components/empty-state.tsx'
import { Header } from './components/header.tsx'
import { PreflightSheet } from './components/preflight-sheet.tsx'
import { Queue } from './components/queue.tsx'
import { QueueToolbar } from './components/queue-toolbar.tsx'
import { StatusBar } from './components/status-bar.tsx'
import { Strip } from './components/strip.tsx'
import { Toasts } from './components/toasts.tsx'
import { WelcomeEnd } from './components/welcome.tsx'
import { countOf } from './phases.ts'
import { useApp } from './store.ts'
import { useIntake } from './use-intake.ts'
import { useShortcuts } from './use-shortcuts.ts'

/** The whole window. */
export function App(): ReactNode {
  useIntake()
  useShortcuts()
  const appearance = useApp((state) => state.appearance)
  const hasTransfers = useApp(
    (state) => state.summary !== null && (countOf(state.summary, 'all') > 0 || state.summary.scanning > 0),
  )
  useEffect(() => {
    document.documentElement.dataset.appearance = appearance
  }, [appearance])

  return (
    // The window's CSP has no 'unsafe-inline': Base UI must not insert style elements (its rules are in base.css).
    <CSPProvider disableStyleElements>
      <Tooltip.Provider delay={500}>
        <div className="app">
          <Header />
          <Strip />
          <Banner />
          <main className="app-main">
            {hasTransfers ? (
              <>
                <div className="app-list">
                  <WelcomeEnd />
                  <QueueToolbar />
                  <Queue />
                </div>
                <DetailsPanel />
              </>
            ) : (
              <EmptyState />
            )}
          </main>
          <StatusBar />
          <Announcer />
        </div>
        <DropOverlay />
        <Dialogs />
        <PreflightSheet />
        <Toasts />
      </Tooltip.Provider>
    </CSPProvider>
  )
}
