import type { ReactNode } from 'react'
import { useApp } from '../store.ts'
import { strings } from '../strings.ts'
import { DialogFrame } from './dialog-frame.tsx'
import './help-sheet.css'

/** The keys, all on one sheet. */
export function HelpSheet({ open, onClose }: { readonly open: boolean; readonly onClose: () => void }): ReactNode {
  const isMac = useApp((state) => state.isMac)
  return (
    <DialogFrame open={open} title={strings.help.title} size="broad" onClose={onClose}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: in a low window it scrolls, by the keyboard too */}
      <section className="dialog-body help" aria-label={strings.help.title} tabIndex={0}>
        {strings.help.groups.map((group) => (
          <section key={group.title}>
            <h3>{group.title}</h3>
            <dl>
              {group.keys.map(([keys, text]) => (
                <div key={text}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key} className="key">
                        {key === 'Mod' ? (isMac ? '⌘' : 'Ctrl') : key}
                      </kbd>
                    ))}
                  </dt>
                  <dd>{text}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </section>
    </DialogFrame>
  )
}
