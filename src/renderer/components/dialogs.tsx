import type { ReactNode } from 'react'
import { useEffect, useState } from 'react'
import type { OpenDialog } from '../store.ts'
import { openDialog, useApp } from '../store.ts'
import { ConfirmBox } from './confirm-box.tsx'
import { DestinationDialog } from './destination-dialog.tsx'
import { FolderPicker } from './folder-picker.tsx'
import { HelpSheet } from './help-sheet.tsx'
import { HistoryDialog } from './history-dialog.tsx'
import { OpenUploadsDialog } from './open-uploads-dialog.tsx'
import { QuotasDialog } from './quotas-dialog.tsx'
import { ScheduleDialog } from './schedule-dialog.tsx'
import { TransferLimitDialog } from './transfer-limit-dialog.tsx'

const close = () => openDialog(null)

/** Whichever dialog is open. The last one is kept while it fades, so that it does not go blank. */
export function Dialogs(): ReactNode {
  const current = useApp((state) => state.dialog)
  const number = useApp((state) => state.dialogNumber)
  const [shown, setShown] = useState<OpenDialog | null>(null)
  useEffect(() => {
    if (current) setShown(current)
  }, [current])
  const dialog = current ?? shown
  if (!dialog) return null
  const open = current !== null
  switch (dialog.kind) {
    case 'destination':
      return <DestinationDialog key={number} open={open} dialog={dialog} onClose={close} />
    case 'picker':
      return <FolderPicker key={number} open={open} mode={dialog.mode} onClose={close} />
    case 'help':
      return <HelpSheet open={open} onClose={close} />
    case 'schedule':
      return <ScheduleDialog key={number} open={open} onClose={close} />
    case 'quotas':
      return <QuotasDialog key={number} open={open} onClose={close} />
    case 'history':
      return <HistoryDialog key={number} open={open} onClose={close} />
    case 'transfer-limit':
      return <TransferLimitDialog key={number} open={open} dialog={dialog} onClose={close} />
    case 'open-uploads':
      return <OpenUploadsDialog key={number} open={open} dialog={dialog} onClose={close} />
    case 'confirm':
      return <ConfirmBox open={open} {...dialog} onClose={close} />
  }
}
