/**
 * Runs `send` one at a time. While one is under way only the newest value waits, so a slider that is dragged
 * at 120 Hz sends as often as the host answers, and the last value always arrives.
 */
export function latestWins<T>(send: (value: T) => Promise<void>): (value: T) => void {
  let busy = false
  let waiting: { readonly value: T } | null = null

  async function run(value: T): Promise<void> {
    busy = true
    let next: { readonly value: T } | null = { value }
    while (next) {
      await send(next.value)
      next = waiting
      waiting = null
    }
    busy = false
  }

  return (value) => {
    if (busy) waiting = { value }
    else void run(value)
  }
}
