import type { SecretPlace } from '../../shared/destination.ts'
import { hideSecret } from '../../shared/redact.ts'

/** Where the keys that a person types are kept: one port, and what the app asks of it. */

/** Typed keys of a destination. Never in settings, journal, logs or messages. */
export interface Secret {
  readonly secretAccessKey: string
  readonly sessionToken: string | null
}

/** Keeps texts under names. Each call may wait for a person who unlocks a keyring, and rejects when they do not. */
export interface SecretStore {
  readonly place: Exclude<SecretPlace, 'session'>
  /** null where there is none, or where it can no longer be read. */
  read(name: string): Promise<string | null>
  write(name: string, text: string): Promise<void>
  /** A name that is not there is no error. */
  remove(name: string): Promise<void>
}

/** Answers null where this machine does not have it. Never rejects. */
export type OpenSecretStore = () => Promise<SecretStore | null>

/** The first store that this machine has, or null: then keys are asked for in each session. */
export async function openFirst(openers: readonly OpenSecretStore[]): Promise<SecretStore | null> {
  for (const open of openers) {
    const store = await open()
    if (store !== null) return store
  }
  return null
}

/**
 * The secrets of this session, by destination id, and their copies in the store. Memory decides: what cannot be kept
 * works until the end of the session, and `onTrouble` is told in one sentence.
 */
export class Secrets {
  readonly #opening: Promise<SecretStore | null>
  readonly #onTrouble: (message: string) => void
  readonly #known = new Map<string, Secret>()
  /** Writes and removals of one name stay in order. */
  #turn: Promise<unknown> = Promise.resolve()
  #place: SecretPlace = 'session'

  constructor(openers: readonly OpenSecretStore[], onTrouble: (message: string) => void) {
    this.#onTrouble = onTrouble
    this.#opening = openFirst(openers).then((store) => {
      this.#place = store?.place ?? 'session'
      return store
    })
  }

  /** `session` until `restore` has resolved. */
  get place(): SecretPlace {
    return this.#place
  }

  get(id: string): Secret | undefined {
    return this.#known.get(id)
  }

  /** Reads what an earlier session kept for these ids. What cannot be read is asked for again. Never rejects. */
  async restore(ids: readonly string[]): Promise<void> {
    const store = await this.#opening
    if (store === null) return
    for (const id of ids) {
      const secret = readSecret(await store.read(id).catch(() => null))
      // A person may have typed a newer one while a keyring was being unlocked.
      if (secret !== null && !this.#known.has(id)) this.#remember(id, secret)
    }
  }

  /** Known at once, kept behind it. */
  put(id: string, name: string, secret: Secret): void {
    this.#remember(id, secret)
    this.#inTurn(async (store) => {
      try {
        await store.write(id, JSON.stringify(secret))
      } catch {
        // An older one must not come back in its place.
        await store.remove(id).catch(() => null)
        this.#onTrouble(`The secret key of “${name}” could not be kept, so it will be asked for again after a restart.`)
      }
    })
  }

  remove(id: string, name: string): void {
    this.#known.delete(id)
    this.#inTurn(async (store) => {
      try {
        await store.remove(id)
      } catch {
        this.#onTrouble(`The secret key of “${name}” could not be removed from where this system keeps it.`)
      }
    })
  }

  /** Resolves when everything was kept that is to be. */
  async settled(): Promise<void> {
    await this.#turn
  }

  #remember(id: string, secret: Secret): void {
    hideSecret(secret.secretAccessKey)
    hideSecret(secret.sessionToken)
    this.#known.set(id, secret)
  }

  #inTurn(act: (store: SecretStore) => Promise<void>): void {
    this.#turn = this.#turn.then(async () => {
      const store = await this.#opening
      if (store !== null) await act(store)
    })
  }
}

/** The text of a store is foreign: another version, or another program, may have written it. */
function readSecret(text: string | null): Secret | null {
  if (text === null) return null
  try {
    const { secretAccessKey, sessionToken = null } = JSON.parse(text)
    if (typeof secretAccessKey !== 'string' || secretAccessKey === '') return null
    return { secretAccessKey, sessionToken: typeof sessionToken === 'string' ? sessionToken : null }
  } catch {
    return null
  }
}
