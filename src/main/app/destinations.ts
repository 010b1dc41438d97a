import { setTimeout as sleep } from 'node:timers/promises'
import type { Destination, DestinationView } from '../../shared/destination.ts'
import { SluiceError } from '../../shared/errors.ts'
import { PLAIN_OBJECT } from '../../shared/object-settings.ts'
import { providerOf } from '../../shared/providers.ts'
import type { ErrorView } from '../../shared/values.ts'
import { abilitiesOf } from '../core/provider-options.ts'
import type { CredentialSource, EngineDestination } from '../engine/api.ts'
import type { EngineClient } from '../engine/client.ts'
import type { Demo, DemoBucket } from './demo.ts'
import { BadInput } from './errors.ts'
import type { Secret, Secrets } from './secrets.ts'
import type { Settings } from './settings.ts'

export const DEMO_DESTINATION_ID = 'demo'
/** How long a command waits for a keyring that is being unlocked, before it says that the key is missing. */
const UNLOCK_MS = 10_000

/** The destinations in the settings, together with what is not stored there: secrets and what blocks them. */
export class Destinations {
  readonly #settings: Settings
  readonly #engine: EngineClient
  readonly #demo: Demo
  readonly #onChange: () => void
  readonly #secrets: Secrets
  readonly #blocked = new Map<string, ErrorView>()
  /** Ids that the engine knows in their present form. */
  readonly #told = new Set<string>()
  /** Ids that were needed before their secret was there. */
  readonly #awaited = new Set<string>()
  /** Resolves when what earlier sessions kept has been read; a person who unlocks a keyring may take their time. */
  readonly secretsRestored: Promise<void>

  /** `onChange` is called whenever `list()` or the selection changed. */
  constructor(settings: Settings, secrets: Secrets, engine: EngineClient, demo: Demo, onChange: () => void) {
    this.#settings = settings
    this.#secrets = secrets
    this.#engine = engine
    this.#demo = demo
    this.#onChange = onChange
    this.secretsRestored = this.#restoreSecrets()
  }

  list(): readonly DestinationView[] {
    return this.#settings.values.destinations.map((destination) => this.#view(destination))
  }

  async #restoreSecrets(): Promise<void> {
    const typed = this.#settings.values.destinations.filter(({ credentials }) => credentials.kind === 'keys')
    await this.#secrets.restore(typed.map(({ id }) => id))
    if (typed.length > 0) this.#onChange()
    // Somebody took long to unlock a keyring: what was refused meanwhile goes on.
    const late = this.#settings.values.destinations.filter(({ id }) => this.#awaited.has(id))
    // An engine that is gone says so itself.
    for (const destination of late) await this.#tellEngine(destination).catch(() => null)
  }

  /** Adds it or puts it in place of the one with its id; the first one is selected at once. */
  async save(destination: Destination, secret: Secret | null): Promise<DestinationView> {
    const { id, name, credentials } = destination
    if (secret !== null) this.#secrets.put(id, name, secret)
    else if (credentials.kind !== 'keys' && this.#secrets.get(id) !== undefined) this.#secrets.remove(id, name)
    this.#told.delete(destination.id)
    await this.#tellEngine(destination)
    const { destinations, selectedDestinationId } = this.#settings.values
    const known = destinations.some(({ id }) => id === destination.id)
    this.#settings.update({
      destinations: known
        ? destinations.map((other) => (other.id === destination.id ? destination : other))
        : [...destinations, destination],
      selectedDestinationId: selectedDestinationId ?? destination.id,
    })
    this.#onChange()
    return this.#view(destination)
  }

  async remove(id: string): Promise<void> {
    const { name } = this.#find(id)
    await this.#engine.call('removeDestination', { id })
    this.#told.delete(id)
    this.#secrets.remove(id, name)
    this.#blocked.delete(id)
    const { destinations, selectedDestinationId } = this.#settings.values
    const left = destinations.filter((destination) => destination.id !== id)
    const selected = selectedDestinationId === id ? (left[0]?.id ?? null) : selectedDestinationId
    this.#settings.update({ destinations: left, selectedDestinationId: selected })
    this.#onChange()
  }

  select(id: string): void {
    this.#find(id)
    this.#settings.update({ selectedDestinationId: id })
    this.#onChange()
  }

  /** Starts the demo bucket where it does not run yet, and selects it. */
  async startDemo(): Promise<DestinationView> {
    const bucket = await this.#demo.start()
    const known = this.#settings.values.destinations.find(({ id }) => id === DEMO_DESTINATION_ID)
    const destination = demoDestination(bucket)
    const view = await this.save(
      known === undefined
        ? destination
        : { ...destination, pace: known.pace, object: known.object, found: known.found },
      null,
    )
    this.select(DEMO_DESTINATION_ID)
    return view
  }

  /** The destination, known to the engine and complete. Throws `credentials-missing` when its keys must be typed. */
  async ready(id: string): Promise<Destination> {
    const destination = this.#find(id)
    if (!this.#view(destination).hasSecret) {
      this.#awaited.add(id)
      await Promise.race([this.secretsRestored, sleep(UNLOCK_MS, null, { ref: false })])
    }
    // The demo bucket listens on another port after each start.
    if (destination.credentials.kind === 'demo' && this.#demo.running === null) {
      await this.save({ ...destination, endpoint: (await this.#demo.start()).endpoint }, null)
    } else {
      await this.#tellEngine(destination)
    }
    this.#credentials(destination, null)
    return this.#find(id)
  }

  /** The form of the engine, for a test of a destination that may not be saved yet. */
  async forTest(destination: Destination, secret: Secret | null): Promise<EngineDestination> {
    if (destination.credentials.kind === 'demo') await this.#demo.start()
    return this.#engineForm(destination, this.#credentials(destination, secret))
  }

  /** What the engine says about a destination: null frees it. */
  setBlocked(id: string, error: ErrorView | null): void {
    if (error === null) this.#blocked.delete(id)
    else this.#blocked.set(id, error)
    this.#onChange()
  }

  #find(id: string): Destination {
    const destination = this.#settings.values.destinations.find((candidate) => candidate.id === id)
    if (destination === undefined) throw new BadInput('That destination is no longer there; please choose another.')
    return destination
  }

  #view(destination: Destination): DestinationView {
    const hasSecret = destination.credentials.kind !== 'keys' || this.#secrets.get(destination.id) !== undefined
    return { ...destination, hasSecret, blocked: this.#blocked.get(destination.id) ?? null }
  }

  /** Does nothing while its credentials are incomplete: the engine only knows destinations that it could use. */
  async #tellEngine(destination: Destination): Promise<void> {
    const { id, credentials } = destination
    const { kind } = credentials
    if (this.#told.has(id)) return
    if (kind === 'keys' && this.#secrets.get(id) === undefined) return
    if (kind === 'demo' && this.#demo.running === null) return
    await this.#engine.call('putDestination', this.#engineForm(destination, this.#credentials(destination, null)))
    await this.#engine.call('setDestinationPace', { id, ...destination.pace })
    this.#told.add(id)
  }

  #engineForm(destination: Destination, credentials: CredentialSource): EngineDestination {
    const { id, endpoint, region, bucket, pathStyle, caFile, proxy, bindAddress } = destination
    const { checksumHeaders, conditionalWrites } = abilitiesOf(
      destination.provider ?? providerOf(endpoint),
      destination.found,
    )
    const place = { id, endpoint, region, bucket, pathStyle, caFile, proxy, bindAddress }
    return { ...place, credentials, checksumHeaders, conditionalWrites }
  }

  #credentials({ id, name, credentials }: Destination, secret: Secret | null): CredentialSource {
    if (credentials.kind === 'profile') return credentials
    if (credentials.kind === 'demo') {
      const { running } = this.#demo
      if (running === null) throw new Error('the demo bucket is asked for its keys before it runs')
      const { accessKeyId, secretAccessKey } = running
      return { kind: 'keys', accessKeyId, secretAccessKey, sessionToken: null }
    }
    const known = secret ?? this.#secrets.get(id)
    if (known !== undefined) return { kind: 'keys', accessKeyId: credentials.accessKeyId, ...known }
    const message = `The secret key of “${name}” is not known; open the destination and enter it again.`
    throw new SluiceError({ code: 'credentials-missing', message })
  }
}

function demoDestination(bucket: DemoBucket): Destination {
  return {
    id: DEMO_DESTINATION_ID,
    name: 'Demo bucket',
    endpoint: bucket.endpoint,
    region: bucket.region,
    bucket: bucket.bucket,
    prefix: '',
    pathStyle: true,
    provider: null,
    object: PLAIN_OBJECT,
    found: null,
    credentials: { kind: 'demo' },
    onExists: 'skip-same',
    pace: { limitBytesPerSecond: null, requestsPerSecond: null, filesPerSecond: null },
    caFile: null,
    proxy: 'none',
    bindAddress: null,
  }
}
