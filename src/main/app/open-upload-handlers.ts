import type { Handlers } from '../../shared/contract.ts'
import { SluiceError } from '../../shared/errors.ts'
import type { EngineClient } from '../engine/client.ts'
import type { Destinations } from './destinations.ts'

/** Commands about uploads that are open at a destination, whoever began them. */
export function openUploadHandlers(
  engine: EngineClient,
  destinations: Destinations,
): Pick<Handlers, 'listOpenUploads' | 'abortOpenUploads'> {
  return {
    listOpenUploads: async ({ destinationId, after }) => {
      const { prefix } = await destinations.ready(destinationId)
      const page = await engine.call('openUploads', { destinationId, prefix, after })
      if ('code' in page) throw new SluiceError(page)
      return page
    },
    abortOpenUploads: async ({ destinationId, uploads }) => {
      await destinations.ready(destinationId)
      return await engine.call('abortOpenUploads', { destinationId, uploads })
    },
  }
}
