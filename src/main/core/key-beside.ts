/**
 * Names for what is kept beside an object that exists: `film.mp4`, `film (2).mp4`, `film (3).mp4`. The number goes before
 * the extension, `.tar.gz` stays whole, and folders keep their names. Pure.
 */

/** More objects of one name than anybody means to keep: something else is wrong then. */
export const MAX_BESIDE = 1_000

/** What programs know a file by. A dot at its beginning hides a file and begins no extension. */
const EXTENSION = /(?<=[^./])(?:\.tar)?\.[^./\s]{1,16}$/i

/** The name to try after `key`, which is `wanted` or a name beside it; null: `MAX_BESIDE` are taken. */
export function nextBeside(wanted: string, key: string): string | null {
  const extensionAt = EXTENSION.exec(wanted)?.index ?? wanted.length
  const number = key === wanted ? 2 : Number(/^ \((\d+)\)/.exec(key.slice(extensionAt))?.[1]) + 1
  return number > MAX_BESIDE ? null : `${wanted.slice(0, extensionAt)} (${number})${wanted.slice(extensionAt)}`
}
