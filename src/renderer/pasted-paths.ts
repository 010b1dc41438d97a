/**
 * Absolute paths from a clipboard or a drag that carries text: `text/uri-list` (RFC 2483: one URI a line, `#` is a
 * comment) or plain lines. Lines that are neither file URLs nor absolute paths are left out.
 */
export function pathsFromText(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) return []
    if (trimmed.startsWith('file:')) return pathFromFileUrl(trimmed)
    const unquoted = trimmed.replace(/^(["'])(.*)\1$/, '$2')
    return isAbsolute(unquoted) ? [unquoted] : []
  })
}

function isAbsolute(path: string): boolean {
  return path.startsWith('/') || path.startsWith('\\\\') || /^[A-Za-z]:[\\/]/.test(path)
}

function pathFromFileUrl(text: string): string[] {
  try {
    const url = new URL(text)
    const path = decodeURIComponent(url.pathname)
    if (/^\/[A-Za-z]:/.test(path)) return [path.slice(1).replaceAll('/', '\\')]
    return url.host === '' || url.host === 'localhost' ? [path] : [`\\\\${url.host}${path.replaceAll('/', '\\')}`]
  } catch {
    return []
  }
}
