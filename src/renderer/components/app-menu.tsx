import { Menu } from '@base-ui/react/menu'
import { Check, Ellipsis } from 'lucide-react'
import type { ReactNode } from 'react'
import type { Appearance } from '../../shared/settings.ts'
import { saveDiagnostics, setAppearance } from '../actions.ts'
import { setNotifyBatchEnd } from '../notifications.ts'
import { setAskBeforeUpload } from '../preflight.ts'
import { openDialog, useApp } from '../store.ts'
import { strings } from '../strings.ts'
import './menu.css'

const APPEARANCES: readonly Appearance[] = ['system', 'light', 'dark']

/** What is needed rarely: appearance, quotas, the sheet of keys, the version. */
export function AppMenu(): ReactNode {
  const appearance = useApp((state) => state.appearance)
  const version = useApp((state) => state.version)
  const askBeforeUpload = useApp((state) => state.askBeforeUpload)
  const notifyBatchEnd = useApp((state) => state.notifyBatchEnd)
  return (
    <Menu.Root>
      <Menu.Trigger className="button icon-button" aria-label={strings.menu.label}>
        <Ellipsis size={16} aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="menu-positioner" align="end" sideOffset={4}>
          <Menu.Popup className="menu">
            <Menu.Group>
              <Menu.GroupLabel className="menu-label">{strings.menu.appearance}</Menu.GroupLabel>
              <Menu.RadioGroup value={appearance} onValueChange={(value) => void setAppearance(value as Appearance)}>
                {APPEARANCES.map((one) => (
                  <Menu.RadioItem key={one} value={one} className="menu-item">
                    <span className="menu-check">
                      <Menu.RadioItemIndicator>
                        <Check size={14} aria-hidden />
                      </Menu.RadioItemIndicator>
                    </span>
                    {strings.menu.appearances[one]}
                  </Menu.RadioItem>
                ))}
              </Menu.RadioGroup>
            </Menu.Group>
            <Menu.Separator className="menu-separator" />
            <MenuSwitch checked={askBeforeUpload} set={setAskBeforeUpload}>
              {strings.menu.askBeforeUpload}
            </MenuSwitch>
            {notifyBatchEnd !== null && (
              <MenuSwitch checked={notifyBatchEnd} set={setNotifyBatchEnd}>
                {strings.notifications.menu}
              </MenuSwitch>
            )}
            <Menu.Item className="menu-item" onClick={() => openDialog({ kind: 'history' })}>
              <span className="menu-check" />
              {strings.history.menu}
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={() => openDialog({ kind: 'quotas' })}>
              <span className="menu-check" />
              {strings.menu.quotas}
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={() => openDialog({ kind: 'help' })}>
              <span className="menu-check" />
              {strings.menu.help}
              <kbd className="key menu-key">?</kbd>
            </Menu.Item>
            <Menu.Item className="menu-item" onClick={() => void saveDiagnostics()}>
              <span className="menu-check" />
              {strings.menu.diagnostics}
            </Menu.Item>
            <Menu.Separator className="menu-separator" />
            <p className="menu-note">{strings.menu.version(version)}</p>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  )
}

interface MenuSwitchProps {
  readonly checked: boolean
  readonly set: (checked: boolean) => Promise<void>
  readonly children: ReactNode
}

function MenuSwitch({ checked, set, children }: MenuSwitchProps): ReactNode {
  return (
    <Menu.CheckboxItem className="menu-item" checked={checked} onCheckedChange={(checked) => void set(checked)}>
      <span className="menu-check">
        <Menu.CheckboxItemIndicator>
          <Check size={14} aria-hidden />
        </Menu.CheckboxItemIndicator>
      </span>
      {children}
    </Menu.CheckboxItem>
  )
}
