import { parseAst } from 'rolldown/parseAst'

/** Reads what a source file imports, from its syntax tree: text searches miss type imports and find comments. */

interface Node {
  readonly type: string
  readonly [key: string]: unknown
}

/** Every module that `source` names: static, dynamic, type and `require` imports and re-exports, in order. */
export function importsOf(source: string, lang: 'ts' | 'tsx' | 'js'): string[] {
  const found: string[] = []
  walk(parseAst(source, { lang }) as unknown as Node, (node) => {
    const specifier = specifierOf(node)
    if (specifier !== null) found.push(specifier)
  })
  return found
}

/** Every string literal in `source`, a built file. */
export function stringsOf(source: string): string[] {
  const found: string[] = []
  walk(parseAst(source, { lang: 'js' }) as unknown as Node, (node) => {
    if (node.type === 'Literal' && typeof node.value === 'string') found.push(node.value)
  })
  return found
}

/** Does the module wait at its top level, outside all functions? */
export function waitsAtTop(source: string): boolean {
  let waits = false
  const visit = (node: Node): void => {
    waits ||= node.type === 'AwaitExpression' || (node.type === 'ForOfStatement' && node.await === true)
  }
  walk(parseAst(source, { lang: 'ts' }) as unknown as Node, visit, ({ type }) => !/Function/.test(type))
  return waits
}

function specifierOf(node: Node): string | null {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType':
      return textOf(node.source)
    case 'TSExternalModuleReference':
      return textOf(node.expression)
    case 'CallExpression': {
      const callee = node.callee as Node
      const isRequire = callee.type === 'Identifier' && callee.name === 'require'
      return isRequire ? textOf((node.arguments as readonly unknown[])[0]) : null
    }
    default:
      return null
  }
}

function textOf(literal: unknown): string | null {
  const value = isNode(literal) ? literal.value : null
  return typeof value === 'string' ? value : null
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).type === 'string'
}

function walk(node: Node, visit: (node: Node) => void, enters: (node: Node) => boolean = () => true): void {
  visit(node)
  if (!enters(node)) return
  for (const child of Object.values(node).flat()) if (isNode(child)) walk(child, visit, enters)
}
