/** A table of Markdown that grows as it is measured, so that a run that is cut short still says something. */
export class LiveTable {
  readonly #widths: readonly number[]
  readonly #say: (line: string) => void

  /** Columns are as wide as their titles, or as `widths` says. */
  constructor(head: readonly string[], widths: readonly number[], say: (line: string) => void) {
    this.#say = say
    this.#widths = head.map((title, column) => Math.max(title.length, widths[column] ?? 0))
    this.row(head)
    say(`|${this.#widths.map((width, column) => `${'-'.repeat(width + 1)}${column === 0 ? '-' : ':'}`).join('|')}|`)
  }

  row(cells: readonly string[]): void {
    const padded = this.#widths.map((width, column) => {
      const cell = cells[column] ?? ''
      return column === 0 ? cell.padEnd(width) : cell.padStart(width)
    })
    this.#say(`| ${padded.join(' | ')} |`)
  }
}
