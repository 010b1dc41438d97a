/** No command takes a longer list (`addPaths`: 10 000). */
const MAX_LENGTH = 10_000
/** Nor so many values in all, at any depth. */
const MAX_VALUES = 100_000
const MAX_DEPTH = 16

/**
 * Is this input of a size that a schema may look at? A schema looks at every element before it counts them, and a list
 * without elements but with a length of four thousand million would keep it busy for ever.
 */
export function isBounded(input: unknown): boolean {
  let left = MAX_VALUES
  const fits = (value: unknown, depth: number): boolean => {
    if (--left < 0 || depth > MAX_DEPTH) return false
    if (typeof value !== 'object' || value === null) return true
    if (Array.isArray(value)) return value.length <= MAX_LENGTH && value.every((item) => fits(item, depth + 1))
    // `for … in` looks at one key after the other, however many there are.
    for (const key in value) if (!fits((value as Record<string, unknown>)[key], depth + 1)) return false
    return true
  }
  return fits(input, 0)
}
