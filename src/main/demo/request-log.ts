import type { Operation } from './routes.ts'

/** One request as the demo bucket saw it. Signatures and keys are not in it. */
export interface LoggedRequest {
  /** null: refused before it was known what it asks for. */
  readonly operation: Operation | null
  readonly method: string
  /** As sent, percent-encoded, without the query. */
  readonly path: string
  /** As sent, without the parameters of a presigned request. */
  readonly query: string
  readonly key: string | null
  readonly partNumber: number | null
  /** 0: the socket was closed instead of an answer. */
  readonly status: number
  /** The S3 code of an error, else null. */
  readonly errorCode: string | null
  /** Bytes of the body that came, framing included. */
  readonly bodyBytes: number
  /** When it arrived, epoch ms. */
  readonly atMs: number
}

export const LOG_LIMIT = 20_000

/** The last requests, oldest first, and how many of each operation there have been in total. */
export class RequestLog {
  readonly entries: LoggedRequest[] = []
  readonly counters: { [O in Operation]?: number } = {}

  add(entry: LoggedRequest): void {
    this.entries.push(entry)
    // In large steps: dropping one at a time would move the rest at every request.
    if (this.entries.length > LOG_LIMIT) this.entries.splice(0, LOG_LIMIT / 4)
    if (entry.operation !== null) this.counters[entry.operation] = (this.counters[entry.operation] ?? 0) + 1
  }
}

export function loggableQuery(rawQuery: string): string {
  if (!rawQuery.includes('X-Amz-')) return rawQuery
  return rawQuery
    .split('&')
    .filter((piece) => !piece.startsWith('X-Amz-'))
    .join('&')
}
