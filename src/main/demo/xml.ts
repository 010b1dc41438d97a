import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { S3Error } from './s3-error.ts'

/** XML of S3's answers and the two request bodies that are XML. */

const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/'

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Control characters go out as references, so that a key with a newline comes back as it was. */
export function escapeXml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to escape
  return text.replace(/[&<>"\u0000-\u001f\u007f-\u009f\ufffe\uffff]/g, (character) => {
    return ESCAPES[character] ?? `&#x${character.charCodeAt(0).toString(16)};`
  })
}

export type XmlValue = string | number | boolean | null | undefined

/** `<name>value</name>`, or nothing for null and undefined. */
export function element(name: string, value: XmlValue): string {
  return value === null || value === undefined ? '' : `<${name}>${escapeXml(String(value))}</${name}>`
}

/** `inner` is XML already. */
export function group(name: string, inner: string): string {
  return `<${name}>${inner}</${name}>`
}

export function document(name: string, inner: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${name} xmlns="${NAMESPACE}">${inner}</${name}>`
}

/** Errors carry no namespace. */
export function errorDocument(fields: Readonly<Record<string, string>>): string {
  const inner = Object.entries(fields).map(([name, value]) => element(name, value))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${inner.join('')}</Error>`
}

/** A key as `encoding-type=url` shows it: percent-encoded, slashes kept. */
export function urlEncoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%2F', '/')
}

/** Entities stay as they are here: no definition is ever looked up, and `textOf` knows the five of XML. */
const parser = new XMLParser({
  ignoreAttributes: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  removeNSPrefix: true,
  parseTagValue: false,
  processEntities: false,
  trimValues: false,
})

export type XmlNode = { readonly [name: string]: unknown }

/** @throws S3Error MalformedXML, also for a DOCTYPE or CDATA, which no S3 client sends. */
export function parseXml(body: Buffer, root: string): XmlNode {
  const text = body.toString('utf8')
  if (/<!(?!--)/.test(text) || XMLValidator.validate(text) !== true) throw malformedXml()
  const parsed: unknown = parser.parse(text)
  const node = isNode(parsed) ? parsed[root] : undefined
  if (!isNode(node)) throw malformedXml()
  return node
}

/** The children of that name, however many. */
export function childrenOf(node: XmlNode, name: string): XmlNode[] {
  const value = node[name]
  if (value === undefined) return []
  const all = Array.isArray(value) ? value : [value]
  if (!all.every(isNode)) throw malformedXml()
  return all
}

/** Text of the one child of that name, or null. */
export function textOf(node: XmlNode, name: string): string | null {
  const value = node[name]
  if (value === undefined) return null
  if (typeof value !== 'string') throw malformedXml()
  return value.replace(/&(?:#x([0-9a-fA-F]{1,6})|#([0-9]{1,7})|(amp|lt|gt|quot|apos));/g, (_, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name as string] as string
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
    if (code > 0x10ffff) throw malformedXml()
    return String.fromCodePoint(code)
  })
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

function isNode(value: unknown): value is XmlNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function malformedXml(): S3Error {
  return new S3Error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  )
}
