import type { BrowserWindow, Rectangle } from 'electron'
import { screen } from 'electron'
import { z } from 'zod'
import type { OpenSettingsFile } from './app/kept-file.ts'
import { openKept } from './app/kept-file.ts'

const keptSchema = z.object({
  bounds: z.object({ x: z.int(), y: z.int(), width: z.int().min(1), height: z.int().min(1) }).nullable(),
  maximized: z.boolean(),
})
type Kept = z.infer<typeof keptSchema>
/** A window that is dragged moves dozens of times a second. */
const KEEP_DELAY_MS = 500
const FIRST: Kept = { bounds: null, maximized: false }

export interface WindowBounds {
  /** To open a window with; where it was, if a screen is still there. */
  readonly size: Partial<Rectangle> & { readonly width: number; readonly height: number }
  /** Keeps what becomes of this window for the next one. */
  follow(window: BrowserWindow): void
}

/** Where the window stood when it was closed last, in `window.json`. */
export function keptBounds(open: OpenSettingsFile, folder: string): WindowBounds {
  const read = (store: Record<string, unknown>) => keptSchema.parse({ ...FIRST, ...store })
  const { file, values } = openKept(open, { folder, name: 'window' }, read, FIRST, Date.now())
  const { bounds, maximized } = values
  return {
    size: bounds !== null && isOnScreen(bounds) ? bounds : { width: 1120, height: 760 },
    follow: (window) => {
      if (maximized) window.maximize()
      const keep = () => {
        const now: Kept = { bounds: window.getNormalBounds(), maximized: window.isMaximized() }
        file.store = { ...now }
      }
      let timer: NodeJS.Timeout | undefined
      const keepSoon = () => {
        clearTimeout(timer)
        timer = setTimeout(() => window.isDestroyed() || keep(), KEEP_DELAY_MS)
      }
      window.on('resize', keepSoon)
      window.on('move', keepSoon)
      window.on('close', keep)
    },
  }
}

/** A title bar of which nothing is on a screen cannot be dragged back. */
function isOnScreen({ x, y, width }: Rectangle): boolean {
  const GRIP_PX = 40
  return screen.getAllDisplays().some(({ workArea }) => {
    const overlap = Math.min(x + width, workArea.x + workArea.width) - Math.max(x, workArea.x)
    return overlap >= GRIP_PX && y >= workArea.y && y <= workArea.y + workArea.height - GRIP_PX
  })
}
