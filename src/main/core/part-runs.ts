import type { PartState } from '../../shared/transfer-details.ts'

/** The parts map as runs: whatever the number of parts, it is as long as there are changes along the file. */
export function partRuns(
  partCount: number,
  stateOf: (partNumber: number) => PartState,
): readonly (readonly [count: number, state: PartState])[] {
  const runs: [number, PartState][] = []
  for (let partNumber = 1; partNumber <= partCount; partNumber++) {
    const state = stateOf(partNumber)
    const last = runs.at(-1)
    if (last?.[1] === state) last[0]++
    else runs.push([1, state])
  }
  return runs
}
