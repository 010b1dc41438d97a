import { SluiceError } from '../../shared/errors.ts'
import { redact } from '../../shared/redact.ts'
import type { ErrorView } from '../../shared/values.ts'
import { EngineGone } from '../engine/client.ts'
import { isDiskFull } from './file-errors.ts'
import { logError } from './log.ts'

/** A command that asks for something that cannot be: the message is one sentence for the person. */
export class BadInput extends Error {
  override readonly name = 'BadInput'
}

/**
 * What a window may see of a failure: a code, a sentence, safe details. An unforeseen error keeps its
 * message and stack on this side, since nobody has checked them for secrets; they go to the log.
 */
export function errorView(error: unknown): ErrorView {
  if (error instanceof BadInput) return { code: 'bad-input', message: error.message }
  if (error instanceof SluiceError) {
    const { code, message, detail, region } = error.failure
    return {
      ...{ code, message: redact(message) },
      ...(detail === undefined ? {} : { detail: redact(detail) }),
      ...(region === undefined ? {} : { region }),
    }
  }
  if (error instanceof EngineGone) return { code: 'interrupted', message: error.message }
  if (isDiskFull(error)) return { code: 'internal', message: 'The disk is full: free some space, and try again.' }
  logError(error)
  return { code: 'internal', message: 'Sluice made a mistake of its own; what happened is in its log.' }
}
