import type { OpenSettingsFile } from './kept-file.ts'
import { openKept } from './kept-file.ts'
import type { OpenSecretStore } from './secrets.ts'

/** The part of Electron's `safeStorage` that is used; named so that this file needs no Electron. */
export interface SafeStorage {
  isAsyncEncryptionAvailable(): Promise<boolean>
  encryptStringAsync(text: string): Promise<Buffer>
  decryptStringAsync(encrypted: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }>
  /** Linux only. */
  getSelectedStorageBackend?(): string
}

/**
 * Keys encrypted by the system through Electron, in `secrets.json` of the data folder. On Linux without a password
 * store Electron would use a fixed password (`basic_text`), which hides nothing: that counts as none.
 */
export function openSafeStorage(
  safeStorage: SafeStorage,
  platform: NodeJS.Platform,
  folder: string,
  open: OpenSettingsFile,
): OpenSecretStore {
  return async () => {
    try {
      const backend = platform === 'linux' ? safeStorage.getSelectedStorageBackend?.() : 'system'
      if (backend === undefined || backend === 'basic_text' || backend === 'unknown') return null
      if (!(await safeStorage.isAsyncEncryptionAvailable())) return null
      const { file } = openKept(open, { folder, name: 'secrets' }, (store) => store, {}, Date.now())
      const write = async (name: string, text: string) => {
        const encrypted = await safeStorage.encryptStringAsync(text)
        file.store = { ...file.store, [name]: encrypted.toString('base64') }
      }
      return {
        place: 'system',
        read: async (name) => {
          const kept = file.store[name]
          if (typeof kept !== 'string') return null
          const { result, shouldReEncrypt } = await safeStorage.decryptStringAsync(Buffer.from(kept, 'base64'))
          // The system has changed its key. What cannot be written anew can still be read.
          if (shouldReEncrypt) await write(name, result).catch(() => null)
          return result
        },
        write,
        remove: async (name) => {
          const { [name]: _, ...others } = file.store
          file.store = others
        },
      }
    } catch {
      return null
    }
  }
}
