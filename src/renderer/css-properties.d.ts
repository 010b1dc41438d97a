import 'react'

declare module 'react' {
  interface CSSProperties {
    /** Our own CSS variables, set through CSSOM. */
    readonly [variable: `--${string}`]: string | number
  }
}
