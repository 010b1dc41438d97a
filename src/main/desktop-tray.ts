import { Menu, nativeImage, Tray } from 'electron'
import { formatRate } from '../shared/units.ts'
import type { Activity } from './app/activity.ts'

export interface TrayActions {
  readonly show: () => void
  readonly setPaused: (paused: boolean) => void
  readonly quit: () => void
}

/** An open menu closes when it is replaced, so the rate in it follows more slowly than the one in the tooltip. What begins or ends is told at once. */
const MENU_EVERY_MS = 5_000

/** The icon beside the clock: rate, pause and resume, the way back to the window, and out. */
export function createTray(actions: TrayActions): (activity: Activity) => void {
  const tray = new Tray(icon())
  let tooltip = ''
  let menu = ''
  let state = ''
  let menuAtMs = 0
  tray.on('click', actions.show)
  return (activity) => {
    const text = describe(activity)
    if (text !== tooltip) {
      tooltip = text
      tray.setToolTip(`Sluice: ${text}`)
      if (process.platform === 'darwin') {
        tray.setTitle(activity.transferring ? formatRate(activity.bytesPerSecond) : '')
      }
    }
    const now = Date.now()
    const newState = `${activity.paused} ${activity.doneShare === null}`
    if (newState === state && (text === menu || now - menuAtMs < MENU_EVERY_MS)) return
    state = newState
    menu = text
    menuAtMs = now
    tray.setContextMenu(menuOf(text, activity.paused, actions))
  }
}

function menuOf(text: string, paused: boolean, { show, setPaused, quit }: TrayActions): Menu {
  return Menu.buildFromTemplate([
    { label: text, enabled: false },
    { type: 'separator' },
    { label: 'Show Sluice', click: show },
    { label: paused ? 'Resume all' : 'Pause all', click: () => setPaused(!paused) },
    { type: 'separator' },
    { label: 'Quit', click: quit },
  ])
}

function describe({ bytesPerSecond, doneShare, unfinished, paused }: Activity): string {
  if (doneShare === null) return paused ? 'paused' : 'nothing to upload'
  const left = `${unfinished} ${unfinished === 1 ? 'file' : 'files'} left, ${Math.floor(doneShare * 100)} %`
  return paused ? `paused, ${left}` : `${formatRate(bytesPerSecond)}, ${left}`
}

const ICON_PX = 32

/** An arrow that rises through a gate, as BGRA pixels: black for macOS to tint, else a blue that shows on light and dark. */
function icon(): ReturnType<typeof nativeImage.createFromBitmap> {
  const isTemplate = process.platform === 'darwin'
  const [blue, green, red] = isTemplate ? [0, 0, 0] : [0xe0, 0x84, 0x2f]
  const pixels = Buffer.alloc(ICON_PX * ICON_PX * 4)
  for (let y = 0; y < ICON_PX; y++) {
    for (let x = 0; x < ICON_PX; x++) {
      const fromMiddle = Math.abs(x - (ICON_PX - 1) / 2)
      const head = y >= 4 && y < 15 && fromMiddle <= y - 3
      const shaft = y >= 15 && y < 22 && fromMiddle < 4
      const gate = y >= 25 && y < 29 && fromMiddle < 13
      if (head || shaft || gate) pixels.set([blue, green, red, 0xff], (y * ICON_PX + x) * 4)
    }
  }
  const image = nativeImage.createFromBitmap(pixels, { width: ICON_PX, height: ICON_PX, scaleFactor: 2 })
  image.setTemplateImage(isTemplate)
  return image
}
