import { useEffect, useState } from 'react'

/** The time in epoch ms, once a second while `ticking`: for countdowns, which no patch brings anew. */
export function useNow(ticking: boolean): number {
  const [nowMs, setNowMs] = useState(Date.now)
  useEffect(() => {
    if (!ticking) return
    setNowMs(Date.now())
    const timer = setInterval(() => setNowMs(Date.now()), 1000)
    return () => clearInterval(timer)
  }, [ticking])
  return nowMs
}
