import { app, dialog, powerMonitor, protocol, shell } from './stand-in/app.ts'
import { Menu, NotificationStandIn, nativeImage, powerSaveBlocker, Tray } from './stand-in/desktop.ts'
import { safeStorage } from './stand-in/safe-storage.ts'
import { contextBridge, ipcMain, ipcRenderer, webUtils } from './stand-in/sides.ts'
import { BrowserWindow, screen } from './stand-in/window.ts'

/**
 * Stands in for the `electron` module, main and renderer side in one process. Records what the app asked for, so that
 * tests can look at it.
 */

export { app, dialog, mainEvaluated, powerMonitor, protocol, shell } from './stand-in/app.ts'
export { Menu, NotificationStandIn as Notification, nativeImage, powerSaveBlocker, Tray } from './stand-in/desktop.ts'
export { safeStorage } from './stand-in/safe-storage.ts'
export { contextBridge, DroppedFileStandIn, ipcMain, ipcRenderer, renderer, webUtils } from './stand-in/sides.ts'
export { state } from './stand-in/state.ts'
export { BrowserWindow, screen } from './stand-in/window.ts'

export default {
  app,
  protocol,
  ipcMain,
  BrowserWindow,
  Menu,
  Notification: NotificationStandIn,
  Tray,
  nativeImage,
  powerMonitor,
  powerSaveBlocker,
  screen,
  dialog,
  safeStorage,
  shell,
  ipcRenderer,
  contextBridge,
  webUtils,
}
