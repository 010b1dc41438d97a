import type { Trouble, TroubleKind } from '../../shared/trouble.ts'

/** What is wrong at the moment, for every window that is open or opens later. */
export class Troubles {
  #list: readonly Trouble[] = []
  readonly #onChange: (list: readonly Trouble[]) => void

  constructor(onChange: (list: readonly Trouble[]) => void) {
    this.#onChange = onChange
  }

  get list(): readonly Trouble[] {
    return this.#list
  }

  /** In place of another of its kind; files that were set aside are told one by one, each once. */
  put(kind: TroubleKind, message: string): void {
    const others = this.#list.filter((one) => one.kind !== kind || (kind === 'set-aside' && one.message !== message))
    this.#set([...others, { kind, message }])
  }

  clear(...kinds: readonly TroubleKind[]): void {
    if (this.#list.some(({ kind }) => kinds.includes(kind))) {
      this.#set(this.#list.filter(({ kind }) => !kinds.includes(kind)))
    }
  }

  #set(list: readonly Trouble[]): void {
    this.#list = list
    this.#onChange(list)
  }
}
