import type { NullServer } from '../null-server.ts'
import { startNullServer } from '../null-server.ts'
import type { Client, Target } from '../support/clients.ts'
import { awsCli, curl, rclone } from '../support/clients.ts'
import { makeCertificate, workFolder } from '../support/scene.ts'
import type { LimitOptions } from './options.ts'

/** A receiver and how clients reach it. */
export interface Receiver {
  readonly server: NullServer
  readonly target: Target
}

/** What the rows share: receivers, a folder, where to print, and the verdicts. */
export interface LimitBench extends AsyncDisposable {
  readonly options: LimitOptions
  readonly folder: string
  /** Peers that are installed; none where none are wanted. */
  readonly peers: readonly Client[]
  readonly say: (line: string) => void
  receiver(tls?: boolean): Promise<Receiver>
  /** Notes whether a row met its goals and answers its last cell. */
  judge(row: string, missed: readonly string[]): string
  /** All rows with a goal, and those that missed some of it. */
  readonly judged: { rows: number; readonly missed: string[] }
}

export async function startLimitBench(options: LimitOptions, say: (line: string) => void): Promise<LimitBench> {
  const work = await workFolder()
  const stack = new AsyncDisposableStack()
  stack.use(work)
  const receivers = new Map<boolean, Promise<Receiver>>()
  const start = async (tls: boolean): Promise<Receiver> => {
    const certificate = tls ? await makeCertificate(work.path) : null
    const tlsFile = certificate === null ? {} : { tlsFile: certificate.serverFile }
    const server = stack.use(await startNullServer({ ...tlsFile, record: true }))
    const caFile = certificate === null ? {} : { caFile: certificate.caFile }
    const endpoint = `http${tls ? 's' : ''}://127.0.0.1:${server.port}`
    return { server, target: { endpoint, workDir: work.path, ...caFile } }
  }
  const judged = { rows: 0, missed: [] as string[] }
  return {
    options,
    say,
    judged,
    folder: work.path,
    peers: options.peerRuns === 0 ? [] : [awsCli, rclone, curl].filter(({ missing }) => missing === null),
    receiver(tls = false) {
      const receiver = receivers.get(tls) ?? start(tls)
      receivers.set(tls, receiver)
      return receiver
    },
    judge(row, missed) {
      judged.rows++
      if (missed.length === 0) return 'met'
      judged.missed.push(`${row}: ${missed.join(', ')}`)
      return `MISSED ${missed.join(', ')}`
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  }
}
