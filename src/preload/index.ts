import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { CALL_CHANNEL, DELIVERED_CHANNEL, EVENT_CHANNEL } from '../shared/bridge-wire.ts'
import type { HostBridge, HostEvent } from '../shared/contract.ts'

/** The host over Electron's IPC. Only these three functions reach the page; inputs are parsed on the other side. */
const bridge: HostBridge = {
  call: (name, input) => ipcRenderer.invoke(CALL_CHANNEL, name, input),
  onEvent: (listener) => {
    const receive = (_event: unknown, hostEvent: HostEvent) => {
      listener(hostEvent)
      ipcRenderer.send(DELIVERED_CHANNEL)
    }
    ipcRenderer.on(EVENT_CHANNEL, receive)
    return () => ipcRenderer.removeListener(EVENT_CHANNEL, receive)
  },
  pathsOf: async (files) => files.map((file) => webUtils.getPathForFile(file as File)),
}

contextBridge.exposeInMainWorld('sluice', bridge)
