import type { IncomingMessage } from 'node:http'
import type { FaultAction } from './faults.ts'
import { Hangup, S3Error } from './s3-error.ts'

/** S3 gives up on a body that is silent for about this long. */
export const IDLE_BODY_MS = 20_000

/** Reads one request's body, with back pressure and with the faults that act in mid-body. */
export class BodyReader {
  /** As they came from the socket, framing included. */
  receivedBytes = 0
  readonly #request: IncomingMessage
  readonly #begin: () => void
  readonly #fault: FaultAction | null
  readonly #idleMs: number

  /** `begin` tells a client that waits for 100-continue to send. */
  constructor(request: IncomingMessage, begin: () => void, fault: FaultAction | null, idleMs: number) {
    this.#request = request
    this.#begin = begin
    this.#fault = fault
    this.#idleMs = idleMs
  }

  /**
   * Hands every piece to `take`; a promise that it returns holds the socket until it settles.
   * @throws Hangup when the client goes away; S3Error RequestTimeout when it falls silent; whatever `take` throws.
   */
  read(take: (bytes: Buffer) => Promise<void> | undefined): Promise<void> {
    const request = this.#request
    this.#begin()
    return new Promise((resolve, reject) => {
      let fault = this.#fault
      let stall: NodeJS.Timeout | undefined
      const settle = (error?: unknown): void => {
        clearTimeout(stall)
        request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
        request.on('error', ignore)
        request.setTimeout(0)
        if (error === undefined) resolve()
        else reject(error)
      }
      const onData = (bytes: Buffer): void => {
        this.receivedBytes += bytes.length
        try {
          const busy = take(bytes)
          if (busy !== undefined) hold(busy)
          if (fault !== null && 'afterBytes' in fault && this.receivedBytes >= (fault.afterBytes ?? 0)) {
            const action = fault
            fault = null
            act(action)
          }
        } catch (error) {
          settle(error)
        }
      }
      let holds = 0
      const hold = (busy: Promise<void>): void => {
        holds++
        request.pause()
        busy.then(() => {
          if (--holds === 0) request.resume()
        }, settle)
      }
      const act = (action: FaultAction): void => {
        if (action.kind === 'drop') settle(new Hangup('scripted: dropped in mid-body'))
        else if (action.kind === 'answer') settle(new ScriptedAnswer(action))
        else if (action.kind === 'stall') {
          request.setTimeout(0)
          const stalled = new Promise<void>((resume) => {
            stall = setTimeout(() => {
              request.setTimeout(this.#idleMs, onIdle)
              resume()
            }, action.ms)
          })
          hold(stalled)
        }
      }
      const onEnd = (): void => settle()
      const onClose = (): void => settle(new Hangup('the client went away in mid-body'))
      const onIdle = (): void =>
        settle(
          new S3Error(
            'RequestTimeout',
            'Your socket connection to the server was not read from or written to within the timeout period.',
            { headers: { connection: 'close' } },
          ),
        )
      request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
      request.setTimeout(this.#idleMs, onIdle)
      if (request.destroyed) onClose()
    })
  }

  /** A small text body. @throws S3Error EntityTooLarge beyond `maxBytes`. */
  async readText(maxBytes: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    let bytes = 0
    await this.read((piece) => {
      bytes += piece.length
      if (bytes > maxBytes) {
        throw new S3Error('EntityTooLarge', `This body may be ${maxBytes} bytes at most.`, {
          headers: { connection: 'close' },
        })
      }
      pieces.push(piece)
      return undefined
    })
    return Buffer.concat(pieces)
  }
}

/** Carries a scripted answer out of the middle of a body. */
export class ScriptedAnswer extends Error {
  readonly action: Extract<FaultAction, { kind: 'answer' }>
  constructor(action: Extract<FaultAction, { kind: 'answer' }>) {
    super('scripted answer')
    this.action = action
  }
}

function ignore(): void {}
