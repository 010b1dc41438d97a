/** Keys that a careless server, client or file system changes, merges or refuses. */
export const ODD_KEYS: readonly string[] = [
  'a',
  'a/b',
  'a//b',
  'A',
  '..',
  '../outside',
  'x/../../y',
  './dot',
  'trailing/',
  '/leading',
  ' spaces  inside and around ',
  'plus+and%2Bpercent%',
  'hash#question?and&ampersand=equals',
  `quotes"'<tags>&amp;`,
  'back\\slash',
  'semi;colon:comma,at@dollar$excl!star*paren()',
  'caf\u00e9',
  'cafe\u0301',
  'emoji-\u{1f600}',
  'new\nline\tand tab',
  'carriage\rreturn',
  '\ue000-before-surrogates-in-utf16-only',
  'con',
  'x'.repeat(1024),
  '\u00e9'.repeat(512),
]

/** S3's order: by UTF-8 bytes. */
export function inUtf8Order(keys: readonly string[]): string[] {
  return keys.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}
