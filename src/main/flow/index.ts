/**
 * `sluice/flow`: flow control for anything that sends, without dependencies and without Electron.
 *
 *     import { LimitTable, systemClock, ThreadLimiter } from 'sluice/flow'
 *
 *     const table = LimitTable.create(2, systemClock.nowNs()) // share table.buffer with other threads
 *     table.tree.setParent(1, 0) // one transfer beneath the root
 *     table.setRate(0, 1_000_000, systemClock.nowNs()) // 1 MB/s for everybody
 *     const limiter = new ThreadLimiter(table, systemClock) // one a thread
 *     const connection = {}
 *     for (let at = 0; at < bytes.length; ) {
 *       const left = bytes.length - at
 *       const asked = { leftBytes: left, leastBytes: 1, mostBytes: left }
 *       const grant = await limiter.takeNext(connection, 1, asked, 1, signal)
 *       if (grant === null) continue // the limit has changed
 *       socket.write(bytes.subarray(at, at + grant.bytes))
 *       at += grant.bytes
 *     }
 *
 * A limit that changes acts on the next write of every thread (`setRate`, then `wake` in each); null is unlimited, 0 is
 * paused. docs/flow-control.md says what each part is for and where it comes from.
 */

export type { LimitNow, LimitPlan, LimitSchedule, LimitSource, Timer } from '../../shared/limit-plan.ts'
export { DEFAULT_LIMIT_PLAN } from '../../shared/limit-plan.ts'
export type { Timetable } from '../../shared/timetable.ts'
export { formatTimetable, parseTimetable } from '../../shared/timetable.ts'
export * from './adaptive-factor.ts'
export * from './clock.ts'
export * from './connections-for.ts'
export * from './eta.ts'
export * from './limit-numbers.ts'
export * from './limit-plan.ts'
export * as planCommands from './limit-plan-commands.ts'
export * from './limit-table.ts'
export { LimitTree } from './limit-tree.ts'
export * from './quota.ts'
export * from './quota-counters.ts'
export * from './quota-snapshot.ts'
export * from './quota-text.ts'
export * from './rate-meter.ts'
export * from './request-pacer.ts'
export * from './request-rate.ts'
export type { PartOfSlot } from './slot.ts'
export { MOST_OF_A_SLOT } from './slot.ts'
export * from './steady-rate.ts'
export * from './thread-limiter.ts'
export * from './throttle-at.ts'
export * from './throttled-body.ts'
export * from './timetable-at.ts'
export * from './token-bucket.ts'
