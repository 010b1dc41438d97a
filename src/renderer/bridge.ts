import type { CommandInput, CommandName, CommandResult, HostBridge } from '../shared/contract.ts'
import { strings } from './strings.ts'
import { showError } from './toast-manager.ts'

declare global {
  interface Window {
    readonly sluice: HostBridge
  }
}

/** Asks the host. A host that is gone answers like any other refusal, so callers have one path for failure. */
export async function call<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandResult<N>> {
  try {
    return await window.sluice.call(name, input)
  } catch {
    return { ok: false, error: { code: 'internal', message: strings.errors.hostGone } }
  }
}

/** `call` for actions without a place of their own for an error: a failure becomes a toast. */
export async function perform<N extends CommandName>(name: N, input: CommandInput<N>): Promise<CommandResult<N>> {
  const result = await call(name, input)
  if (!result.ok) showError(result.error.message)
  return result
}
