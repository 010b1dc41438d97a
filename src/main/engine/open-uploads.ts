import type { TransferError } from '../../shared/errors.ts'
import type {
  AbortedUploads,
  OpenUpload,
  OpenUploadPage,
  UploadMarker,
  UploadName,
  UploadOwner,
} from '../../shared/open-uploads.ts'
import { mayAbort } from '../../shared/open-uploads.ts'
import type { DestinationRuntime } from './destination-runtime.ts'
import type { EngineContext } from './engine-context.ts'
import type { Neighbours } from './neighbours.ts'
import { lookAround } from './neighbours.ts'
import type { S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'

/** Each costs one request for its size, so a page is there within a second or two. */
const PAGE_UPLOADS = 100
/** Requests at once. */
const AT_ONCE = 6

/** Uploads that are open at a destination, whoever began them: for people to look at, and to abort what they name. */
export class OpenUploads {
  readonly #engine: EngineContext
  readonly #stateDir: string | null
  readonly #ownDir: string | null

  /** @param stateDir where the other Sluices of this person have their data folders, see `lookAround` */
  constructor(engine: EngineContext, stateDir: string | null, ownDir: string | null) {
    this.#engine = engine
    this.#stateDir = stateDir
    this.#ownDir = ownDir
  }

  /** One page of those whose keys begin with `prefix`. */
  async list(
    destinationId: string,
    prefix: string,
    after: UploadMarker | null,
  ): Promise<OpenUploadPage | TransferError> {
    const runtime = this.#runtime(destinationId)
    try {
      const control = await runtime.control()
      const { uploads, next } = await control.listUploadsAfter(prefix, after, PAGE_UPLOADS)
      const neighbours = this.#lookAround()
      const found = await inTurns(uploads, async (upload): Promise<OpenUpload> => {
        const bytes = await heldBytes(control, upload)
        return { ...upload, bytes, owner: this.#ownerOf(upload, neighbours) }
      })
      return { uploads: found, next }
    } catch (thrown) {
      return errorFromThrown(thrown, runtime.context)
    }
  }

  /** Aborts those that are named, ours or not, but none that somebody goes on with. */
  async abort(destinationId: string, uploads: readonly UploadName[]): Promise<AbortedUploads> {
    const runtime = this.#runtime(destinationId)
    const neighbours = this.#lookAround()
    const free = uploads.filter((upload) => mayAbort(this.#ownerOf(upload, neighbours)))
    let aborted = 0
    let problem: string | null = null
    await inTurns(free, async ({ key, uploadId }) => {
      if (problem !== null) return
      try {
        await this.#engine.janitor.abortOnce(await runtime.control(), key, uploadId)
        aborted++
      } catch (thrown) {
        problem = errorFromThrown(thrown, runtime.context).message
      }
    })
    return { aborted, inUse: uploads.length - free.length, problem }
  }

  #lookAround(): Neighbours {
    // What is owned is then what has been written.
    this.#engine.journal.commit('process')
    return lookAround(this.#stateDir, this.#ownDir)
  }

  #ownerOf(upload: UploadName, neighbours: Neighbours): UploadOwner {
    const { journal } = this.#engine
    if (journal.ownsUpload(upload)) return 'queue'
    if (journal.knowsUpload(upload.uploadId)) return 'left'
    return neighbours.ownerOf(upload) ?? 'other'
  }

  #runtime(destinationId: string): DestinationRuntime {
    const runtime = this.#engine.destinations.get(destinationId)
    if (runtime === undefined) throw new Error(`there is no destination ${destinationId}`)
    return runtime
  }
}

async function heldBytes(control: S3Control, { key, uploadId }: UploadName): Promise<number | null> {
  try {
    return (await control.listParts(key, uploadId)).reduce((bytes, part) => bytes + part.sizeBytes, 0)
  } catch {
    // It may not be allowed, or has ended meanwhile: the list is no worse for it.
    return null
  }
}

/** `work` on each, a few at a time; the results in the order of the list. */
async function inTurns<T, R>(list: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  let at = 0
  const lane = async (): Promise<void> => {
    for (let index = at++; index < list.length; index = at++) {
      const one = list[index]
      if (one !== undefined) results[index] = await work(one)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, lane))
  return results
}
