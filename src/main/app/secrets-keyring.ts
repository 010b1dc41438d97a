import type { OpenSecretStore } from './secrets.ts'

/**
 * The keyring of the system: macOS Keychain, Windows Credential Manager, and on Linux the Secret Service (GNOME
 * Keyring, KWallet, KeePassXC). Never the kernel's keyring, which forgets at the next start.
 */

/** What people see in their keyring's own window. */
const SERVICE = 'Sluice'
const OPTIONS = { linux: { store: 'secret-service' as const } }

/** null where there is no keyring, as on most servers. */
export const openKeyring: OpenSecretStore = async () => {
  try {
    const { AsyncEntry } = await import('@napi-rs/keyring')
    const entry = (name: string) => new AsyncEntry(SERVICE, name, OPTIONS)
    // A name that nobody uses: finds out whether a service answers, and asks nobody to unlock anything.
    await entry('is anybody there').getPassword()
    return {
      place: 'keyring',
      read: (name) => entry(name).getPassword(),
      write: (name, text) => entry(name).setPassword(text),
      remove: async (name) => {
        await entry(name).deletePassword()
      },
    }
  } catch {
    return null
  }
}
