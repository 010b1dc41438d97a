import { FilePlus, FolderPlus } from 'lucide-react'
import type { ReactNode } from 'react'
import { choose } from '../actions.ts'
import { useApp, useModifier } from '../store.ts'
import { strings } from '../strings.ts'
import { AppMenu } from './app-menu.tsx'
import { Button } from './button.tsx'
import { DestinationPicker } from './destination-picker.tsx'
import './header.css'

/** Where files go, and the two ways to choose them. */
export function Header(): ReactNode {
  const ready = useApp((state) => state.status === 'ready')
  const mod = useModifier()
  return (
    <header className="header">
      <h1 className="visually-hidden">{strings.app}</h1>
      <DestinationPicker />
      <Button icon={FilePlus} look="quiet" disabled={!ready} title={`${mod}O`} onClick={() => void choose('files')}>
        {strings.add.files}
      </Button>
      <Button
        icon={FolderPlus}
        look="quiet"
        disabled={!ready}
        title={`${mod}Shift+O`}
        onClick={() => void choose('folder')}
      >
        {strings.add.folder}
      </Button>
      <span className="header-space" />
      <AppMenu />
    </header>
  )
}
