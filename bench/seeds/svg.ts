/** The colours of the page, twice: an image takes the scheme of whoever looks at it. */
const SCHEMES = {
  light: { page: '#ffffff', text: '#1f2328', muted: '#59636e', grid: '#d8dee4', seed: '#bc4c00', ours: '#0969da' },
  dark: { page: '#0d1117', text: '#e6edf3', muted: '#9198a1', grid: '#30363d', seed: '#f0883e', ours: '#58a6ff' },
}

const STYLE = `
text { font: 12px system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif; fill: var(--text) }
.h1 { font-size: 19px; font-weight: 600 }
.h2 { font-size: 15px; font-weight: 600 }
.small { fill: var(--muted) }
.tick { font-size: 11px; fill: var(--muted) }
.label { font-weight: 600; fill: var(--seed) }
.figure { font-variant-numeric: tabular-nums }
.seed-text { fill: var(--seed) }
.ours-text { fill: var(--ours); font-weight: 600 }
.middle { text-anchor: middle }
.end { text-anchor: end }
path { fill: none }
.page { fill: var(--page) }
.grid { stroke: var(--grid) }
.area { fill: var(--seed); fill-opacity: .18 }
.seed { stroke: var(--seed); stroke-width: 1.5 }
.ours { stroke: var(--ours); stroke-width: 3.5 }
.limit { stroke: var(--text); stroke-width: 1; stroke-dasharray: 3 3 }
`

const variables = (scheme: Readonly<Record<string, string>>): string =>
  `:root { ${Object.entries(scheme)
    .map(([name, colour]) => `--${name}: ${colour}`)
    .join('; ')} }`

/** A page of text and paths; the styles are named by class. It paints its own ground, so it can stand on any. */
export class SvgPage {
  readonly #head: string
  readonly #body: string[] = []

  constructor(width: number, height: number, { title, description }: { title: string; description: string }) {
    this.#head = [
      `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title description">`,
      `<title id="title">${escaped(title)}</title>`,
      `<desc id="description">${escaped(description)}</desc>`,
      `<style>\n${variables(SCHEMES.light)}\n@media (prefers-color-scheme: dark) { ${variables(SCHEMES.dark)} }${STYLE}</style>`,
      `<path class="page" d="M0 0h${width}v${height}h-${width}z"/>`,
    ].join('\n')
  }

  text(x: number, y: number, content: string, classes: string): void {
    this.#body.push(`<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" class="${classes}">${escaped(content)}</text>`)
  }

  path(d: string, classes: string): void {
    this.#body.push(`<path d="${d}" class="${classes}"/>`)
  }

  toString(): string {
    return `${[this.#head, ...this.#body, '</svg>'].join('\n')}\n`
  }
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
