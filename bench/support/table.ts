/** Plain text tables, and how figures are written in them. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** A row for what could not run. Never a figure. */
export function absentRow(name: string, columns: number): string[] {
  return [name, 'not installed', ...Array.from({ length: columns - 2 }, () => '')]
}

/** `met` or `MISSED`, with both sides. */
export function goal(what: string, value: number, limit: number, unit = '', digits = 2): string {
  return `${value <= limit ? 'met   ' : 'MISSED'} ${what}: ${value.toFixed(digits)}${unit}, goal ≤ ${limit}${unit}`
}

export function goalBetween(what: string, value: number, low: number, high: number): string {
  const met = value >= low && value <= high
  return `${met ? 'met   ' : 'MISSED'} ${what}: ${value.toFixed(4)}, goal ${low} to ${high}`
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}
