import { useEffect, useState } from 'react'
import type { RateSample } from '../shared/samples.ts'
import { pointsOf } from './graph-data.ts'
import type { SampleHistory } from './samples.ts'

/** How often texts about the graph follow it; more often would only tire their readers. */
const TEXT_MS = 2000

/** The points of a graph's last `minutes`, now and then. */
export function usePoints(history: SampleHistory, minutes: number): readonly RateSample[] {
  const [points, setPoints] = useState<readonly RateSample[]>([])
  useEffect(() => {
    const update = () => setPoints(pointsOf(history.all, minutes))
    update()
    const timer = setInterval(update, TEXT_MS)
    return () => clearInterval(timer)
  }, [history, minutes])
  return points
}
