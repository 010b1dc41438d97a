/**
 * Comma-separated values as RFC 4180 writes them, in UTF-8, with one thing more: a spreadsheet runs what begins like a
 * formula, so a text that begins with = + - @ a tab, a carriage return, or an apostrophe itself gets an apostrophe in
 * front, and `parseCsv` takes it off again. Every text comes back as it was.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */

const RISKY = /^[=+\-@\t\r'＝＋－＠]/

/** One record with its line end. null is an empty cell without quotes; numbers stand bare; texts are always quoted. */
export function csvRecord(cells: readonly (string | number | null)[]): string {
  return `${cells.map(csvCell).join(',')}\n`
}

function csvCell(cell: string | number | null): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const guarded = RISKY.test(cell) ? `'${cell}` : cell
  return `"${guarded.replaceAll('"', '""')}"`
}

export interface Csv {
  readonly records: readonly (readonly string[])[]
  /** Characters up to the end of the last record that ends in a line end; what follows may have been cut short. */
  readonly wholeChars: number
  /** The text ends inside a quoted cell. */
  readonly isOpen: boolean
}

/** Takes any text: what is no CSV becomes odd cells, never an error. Empty lines are left out. */
export function parseCsv(text: string): Csv {
  const records: string[][] = []
  let record: string[] = []
  let at = text.startsWith('\ufeff') ? 1 : 0
  let wholeChars = at
  while (at < text.length) {
    const cell = readCell(text, at)
    record.push(unguarded(cell.text))
    at = cell.end
    if (cell.isOpen) return { records: [...records, record], wholeChars, isOpen: true }
    if (text[at] === ',') {
      at += 1
      if (at === text.length) record.push('')
      continue
    }
    if (text[at] === '\r') at += 1
    if (text[at] === '\n') {
      at += 1
      wholeChars = at
    }
    if (record.length > 1 || record[0] !== '') records.push(record)
    record = []
  }
  if (record.length > 0) records.push(record)
  return { records, wholeChars, isOpen: false }
}

/** `end` is where the comma, the line end or the end of the text stands. */
function readCell(text: string, from: number): { text: string; end: number; isOpen: boolean } {
  let content = ''
  let at = from
  if (text[at] === '"') {
    for (;;) {
      const quote = text.indexOf('"', at + 1)
      if (quote < 0) return { text: content + text.slice(at + 1), end: text.length, isOpen: true }
      content += text.slice(at + 1, quote)
      at = quote + 1
      if (text[at] !== '"') break
      content += '"'
    }
  }
  const bare = /[^,\r\n]*/y
  bare.lastIndex = at
  const rest = bare.exec(text)?.[0] ?? ''
  return { text: content + rest, end: at + rest.length, isOpen: false }
}

function unguarded(cell: string): string {
  return cell.startsWith("'") && RISKY.test(cell.slice(1)) ? cell.slice(1) : cell
}
