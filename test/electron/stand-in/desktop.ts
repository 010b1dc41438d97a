import { EventEmitter } from 'node:events'
import { state } from './state.ts'

/** What of the app is seen outside its window. */

export interface MenuItem {
  readonly label?: string
  readonly click?: () => void
}

export const Menu = {
  buildFromTemplate: (items: readonly MenuItem[]) => ({ items }),
}

export const nativeImage = {
  createFromBitmap(pixels: Buffer, { width, height }: { width: number; height: number }) {
    if (pixels.length !== width * height * 4) throw new Error('the bitmap has another size')
    return { isTemplate: false, setTemplateImage() {} }
  },
}

export class Tray extends EventEmitter {
  tooltip = ''
  menu: readonly MenuItem[] = []
  constructor(_icon: unknown) {
    super()
    state.tray = this
  }
  setToolTip(text: string): void {
    this.tooltip = text
  }
  setContextMenu(menu: { readonly items: readonly MenuItem[] }): void {
    this.menu = menu.items
  }
  setTitle(): void {}
}

export class NotificationStandIn extends EventEmitter {
  static isSupported = () => true
  readonly options: { readonly title: string; readonly body: string }
  constructor(options: { readonly title: string; readonly body: string }) {
    super()
    this.options = options
  }
  show(): void {
    state.notifications.push(this)
  }
}

export const powerSaveBlocker = {
  start(type: string): number {
    if (type !== 'prevent-app-suspension') throw new Error('the display need not stay on')
    state.awake.starts++
    state.awake.ids.add(state.awake.starts)
    return state.awake.starts
  },
  stop(id: number): void {
    if (!state.awake.ids.delete(id)) throw new Error('it had been stopped')
  },
}
