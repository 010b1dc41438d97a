/**
 * A file name as one line: control characters, which may be in a name and would break a row, are drawn as their
 * symbols (U+2400 and on, as in `new␊line`).
 */
export function visibleName(name: string): string {
  return name.replace(/\p{Cc}/gu, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : '␡'
  })
}
