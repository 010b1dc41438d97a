import type { z } from 'zod'
import type { CommandName, CommandResult, Handlers } from '../../shared/contract.ts'
import { COMMANDS } from '../../shared/contract.ts'
import { isBounded } from './bounded.ts'
import { BadInput, errorView } from './errors.ts'

/**
 * The one door for calls from a window. What arrives is unknown: the name must be one of ours and the input must
 * fit its schema, or the answer is `bad-input` with one sentence. Never throws.
 */
export async function dispatch(handlers: Handlers, name: unknown, input: unknown): Promise<CommandResult> {
  try {
    if (!isCommandName(name)) throw new BadInput('This version of Sluice has no such command.')
    if (!isBounded(input)) throw new BadInput(`The command ${name} was refused: its input is too large.`)
    return { ok: true, value: await run(handlers, name, input) }
  } catch (error) {
    return { ok: false, error: errorView(error) }
  }
}

async function run<N extends CommandName>(handlers: Handlers, name: N, input: unknown) {
  const schema: z.ZodType = COMMANDS[name]
  const parsed = schema.safeParse(input)
  if (!parsed.success) throw new BadInput(refusal(name, parsed.error))
  // The schema that just accepted it is the one the handler's input type is inferred from.
  return await handlers[name](parsed.data as never)
}

function isCommandName(name: unknown): name is CommandName {
  return typeof name === 'string' && Object.hasOwn(COMMANDS, name)
}

function refusal(name: CommandName, error: z.ZodError): string {
  const issue = error.issues[0]
  const where = issue && issue.path.length > 0 ? ` at ${issue.path.map(String).join('.')}` : ''
  return `The command ${name} was refused${line(where)}: ${line(issue?.message ?? 'invalid input')}.`
}

/** Names of keys come from the caller: one line of printable characters, and not a long one. */
function line(text: string): string {
  const printable = text.replace(/\p{C}/gu, '\u{fffd}')
  return printable.length <= 150 ? printable : `${printable.slice(0, 150).toWellFormed()}…`
}
