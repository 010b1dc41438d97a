import { readFile } from 'node:fs/promises'
import { extname, join, normalize, sep } from 'node:path'

/**
 * Serves the built window from its folder, for both shells. Source of the policy: the numbered list of Electron's
 * security guide.
 */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const MIME_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

export interface Asset {
  readonly status: 200 | 404
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** The file of `folder` that `url` names, `index.html` for `/`. Anything outside the folder does not exist. */
export async function readAsset(folder: string, url: string): Promise<Asset> {
  const path = assetPath(folder, url)
  const contentType = path === null ? undefined : MIME_TYPES[extname(path)]
  const body = path === null || contentType === undefined ? null : await readFile(path).catch(() => null)
  if (body === null || contentType === undefined)
    return answer(404, 'text/plain; charset=utf-8', Buffer.from('not found'))
  return answer(200, contentType, body)
}

function answer(status: Asset['status'], contentType: string, body: Buffer): Asset {
  const headers = {
    'content-type': contentType,
    'content-security-policy': CONTENT_SECURITY_POLICY,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  }
  return { status, headers, body }
}

/** Escapes such as `%2e%2e%2f` survive URL parsing, so containment is checked on the decoded path. */
function assetPath(folder: string, url: string): string | null {
  try {
    const decoded = decodeURIComponent(new URL(url).pathname)
    const root = normalize(folder + sep)
    const path = join(root, decoded === '/' ? 'index.html' : decoded)
    return path.startsWith(root) && !path.includes('\0') ? path : null
  } catch {
    return null
  }
}
