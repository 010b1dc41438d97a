import { createInterface } from 'node:readline'

export type AboutExisting = 'overwrite' | 'keep-both' | 'leave'

/** Asks on the terminal what to do about a key that exists and differs: one question at a time. */
export class OverwriteQuestion {
  #forAll: AboutExisting | null = null
  #turn: Promise<unknown> = Promise.resolve()

  /** The end of stdin means to leave it, for this file and all that follow. */
  ask(where: string): Promise<AboutExisting> {
    const answer = this.#turn.then(() => this.#forAll ?? this.#question(where))
    this.#turn = answer
    return answer
  }

  async #question(where: string): Promise<AboutExisting> {
    for (;;) {
      switch (await readAnswer(`${where} exists and differs. Overwrite? (y)es, (n)o, (k)eep both, (a)ll, n(o)ne: `)) {
        case 'y':
        case 'yes':
          return 'overwrite'
        case 'n':
        case 'no':
          return 'leave'
        case 'k':
        case 'keep both':
          return 'keep-both'
        case 'a':
        case 'all':
          this.#forAll = 'overwrite'
          return 'overwrite'
        case 'o':
        case 'none':
        case null:
          this.#forAll = 'leave'
          return 'leave'
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
