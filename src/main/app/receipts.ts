import { closeSync, constants, fstatSync, fsyncSync, ftruncateSync, openSync, readFileSync, writeSync } from 'node:fs'
import type { ReceiptEntry, ReceiptFormat } from '../../shared/receipt.ts'
import { formatEntry, receiptFormat, receiptFrame } from '../../shared/receipt.ts'
import { parseReceipt } from '../../shared/receipt-reader.ts'
import { BadInput } from './errors.ts'
import { fileReason } from './file-errors.ts'

/** Text decoded from longer files does not fit into one string. */
const LARGEST_BYTES = 400 * 1024 ** 2

/** Reads the whole receipt. @throws BadInput with one sentence for a file that is none or cannot be read */
export function readReceipt(path: string): ReturnType<typeof mustParse> {
  let text: string
  try {
    const file = openSync(path, 'r')
    try {
      if (fstatSync(file).size > LARGEST_BYTES) throw new BadInput(`the receipt ${path} is larger than 400 MiB`)
      text = readFileSync(file, 'utf8')
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw error instanceof BadInput ? error : new BadInput(`the receipt ${path} cannot be read: ${fileReason(error)}`)
  }
  return mustParse(path, text)
}

function mustParse(path: string, text: string) {
  const parsed = parseReceipt(text)
  if (!parsed.ok) throw new BadInput(`${path} is not a receipt of Sluice: ${parsed.message}`)
  return { ...parsed.value, text }
}

/**
 * A receipt that is written as transfers end. Between any two writes the file is whole: a CSV with all its records, or
 * a JSON array whose closing bracket the next entry writes over. A file that is there is gone on with, unless it is
 * something else; an entry that a crash has cut short is cut away.
 */
export class ReceiptFile {
  readonly #path: string
  readonly #format: ReceiptFormat
  readonly #file: number
  readonly #tail: string
  readonly #onTrouble: (sentence: string) => void
  /** What the file held when it was opened, by `identity`. */
  readonly #known: ReadonlySet<string>
  #waiting: ReceiptEntry[] = []
  /** Where the next entry goes: the tail stands there. */
  #endBytes: number
  #isEmpty: boolean
  #hasFailed = false

  /**
   * @param onTrouble is told once, in a sentence, when the file cannot be written any more
   * @throws BadInput with one sentence when it cannot be used at all
   */
  constructor(path: string, onTrouble: (sentence: string) => void) {
    const format = receiptFormat(path)
    if (format === null) throw new BadInput(`a receipt is a .csv or a .json file, and ${path} is neither`)
    const { head, tail } = receiptFrame(format)
    this.#path = path
    this.#format = format
    this.#tail = tail
    this.#onTrouble = onTrouble
    try {
      // Not 'a': the closing bracket is written over.
      this.#file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    } catch (error) {
      throw new BadInput(`the receipt ${path} cannot be written: ${fileReason(error)}`)
    }
    try {
      const found = fstatSync(this.#file).size === 0 ? null : readReceipt(path)
      if (found !== null && (found.text.trimStart().startsWith('[') ? 'json' : 'csv') !== format) {
        throw new BadInput(`${path} is there, and it is not ${format.toUpperCase()}`)
      }
      if (found !== null && !found.text.startsWith(head)) throw new BadInput(`${path} was changed by another program`)
      const kept = found === null ? head : found.text.slice(0, found.wholeChars)
      this.#known = new Set(found?.entries.map(identity))
      this.#isEmpty = found === null || found.entries.length === 0
      this.#endBytes = Buffer.byteLength(kept)
      if (found === null) writeSync(this.#file, head, 0)
      ftruncateSync(this.#file, this.#endBytes)
      writeSync(this.#file, tail, this.#endBytes)
    } catch (error) {
      closeSync(this.#file)
      throw error instanceof BadInput
        ? error
        : new BadInput(`the receipt ${path} cannot be written: ${fileReason(error)}`)
    }
  }

  /** Written with all others of this turn of the event loop. One that the file held when it was opened is left out. */
  add(entry: ReceiptEntry): void {
    if (this.#known.has(identity(entry))) return
    if (this.#waiting.length === 0) setImmediate(() => this.#write())
    this.#waiting.push(entry)
  }

  /** True when every entry is on the disk. */
  close(): boolean {
    this.#write()
    try {
      fsyncSync(this.#file)
    } catch (error) {
      this.#fail(error)
    }
    closeSync(this.#file)
    return !this.#hasFailed
  }

  #write(): void {
    const entries = this.#waiting
    this.#waiting = []
    if (entries.length === 0 || this.#hasFailed) return
    const text = entries.map((entry, at) => formatEntry(this.#format, entry, this.#isEmpty && at === 0)).join('')
    const bytes = Buffer.from(text + this.#tail)
    try {
      for (let at = 0; at < bytes.length; )
        at += writeSync(this.#file, bytes, at, bytes.length - at, this.#endBytes + at)
    } catch (error) {
      this.#fail(error)
    }
    this.#endBytes += bytes.length - Buffer.byteLength(this.#tail)
    this.#isEmpty = false
  }

  #fail(error: unknown): void {
    if (!this.#hasFailed) this.#onTrouble(`the receipt ${this.#path} is not complete: ${fileReason(error)}`)
    this.#hasFailed = true
  }
}

/** Two entries of one attempt at one file are the same entry. */
function identity({ bucket, key, path, phase, endedAt }: ReceiptEntry): string {
  return JSON.stringify([bucket, key, path, phase, endedAt])
}
