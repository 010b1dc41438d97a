import { createInterface } from 'node:readline'

/** Asks on the terminal whether a key that exists and differs is overwritten: one question at a time. */
export class OverwriteQuestion {
  #forAll: boolean | null = null
  #turn: Promise<unknown> = Promise.resolve()

  /** True: overwrite. The end of stdin means no, for this file and all that follow. */
  ask(where: string): Promise<boolean> {
    const answer = this.#turn.then(() => this.#forAll ?? this.#question(where))
    this.#turn = answer
    return answer
  }

  async #question(where: string): Promise<boolean> {
    for (;;) {
      switch (await readAnswer(`${where} exists and differs. Overwrite? (y)es, (n)o, (a)ll, n(o)ne: `)) {
        case 'y':
        case 'yes':
          return true
        case 'n':
        case 'no':
          return false
        case 'a':
        case 'all':
          this.#forAll = true
          return true
        case 'o':
        case 'none':
        case null:
          this.#forAll = false
          return false
        default:
      }
    }
  }
}

/** The line in lower case, or null at the end of stdin. `terminal: false` leaves Ctrl-C to the process. */
function readAnswer(prompt: string): Promise<string | null> {
  process.stderr.write(prompt)
  const lines = createInterface({ input: process.stdin, terminal: false })
  return new Promise((resolve) => {
    lines.once('line', (line) => {
      resolve(line.trim().toLowerCase())
      lines.close()
    })
    lines.once('close', () => resolve(null))
  })
}
