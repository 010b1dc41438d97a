// biome-ignore-all lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reached by keyboard, also where none of it can be chosen
import { useVirtualizer } from '@tanstack/react-virtual'
import type { ReactNode } from 'react'
import { useRef } from 'react'
import type { OpenUpload } from '../../shared/open-uploads.ts'
import { mayAbort } from '../../shared/open-uploads.ts'
import { formatBytes } from '../../shared/units.ts'
import { strings } from '../strings.ts'
import { visibleName } from '../visible-name.ts'

const text = strings.openUploads
/** As in tokens.css. */
const ROW_PX = 44

interface ListProps {
  readonly uploads: readonly OpenUpload[]
  /** Ids of the uploads that are chosen. */
  readonly chosen: ReadonlySet<string>
  readonly disabled: boolean
  readonly onToggle: (uploadId: string) => void
}

/** A window over a list of any length. */
export function OpenUploadList({ uploads, chosen, disabled, onToggle }: ListProps): ReactNode {
  const scroller = useRef<HTMLElement>(null)
  const virtualizer = useVirtualizer({
    count: uploads.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 8,
  })
  return (
    <section ref={scroller} className="open-uploads-scroller" tabIndex={0} aria-label={text.list}>
      <ul style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, start }) => {
          const upload = uploads[index]
          return (
            upload && (
              <li
                key={upload.uploadId}
                className="open-upload"
                aria-setsize={uploads.length}
                aria-posinset={index + 1}
                style={{ top: start }}
              >
                <UploadLine
                  upload={upload}
                  chosen={chosen.has(upload.uploadId)}
                  disabled={disabled}
                  onToggle={onToggle}
                />
              </li>
            )
          )
        })}
      </ul>
    </section>
  )
}

interface LineProps extends Pick<ListProps, 'disabled' | 'onToggle'> {
  readonly upload: OpenUpload
  readonly chosen: boolean
}

function UploadLine({ upload, chosen, disabled, onToggle }: LineProps): ReactNode {
  const { key, uploadId, initiatedAtMs, bytes, owner } = upload
  const facts = [...(initiatedAtMs === null ? [] : [text.started(timeText(initiatedAtMs))]), text.owners[owner]]
  return (
    <label className="open-upload-line">
      <input
        type="checkbox"
        checked={chosen}
        disabled={disabled || !mayAbort(owner)}
        onChange={() => onToggle(uploadId)}
      />
      <span className="open-upload-key" title={key}>
        <bdi>{visibleName(key)}</bdi>
      </span>
      <span className="open-upload-size">{bytes === null ? text.sizeUnknown : formatBytes(bytes)}</span>
      <span className="open-upload-facts">{facts.join(' · ')}</span>
    </label>
  )
}

function timeText(atMs: number): string {
  return new Date(atMs).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })
}
