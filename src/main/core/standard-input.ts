/** The name of standard input among paths, all of which are absolute. It can be read once. */
export const STANDARD_INPUT = '-'
