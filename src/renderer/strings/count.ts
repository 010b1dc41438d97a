/** Numbers and nouns that agree with them. */

const number = new Intl.NumberFormat('en')
export const formatCount = (count: number): string => number.format(count)
export const plural = (count: number, one: string, many: string): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`
export const items = (count: number): string => plural(count, 'item', 'items')
export const uploads = (count: number): string => plural(count, 'upload', 'uploads')
