import { closeSync, fstatSync, ftruncateSync, openSync, readSync, renameSync, writevSync } from 'node:fs'
import { crc32 } from 'node:zlib'
import type { ObjectMeta } from './records.ts'

/**
 * The objects of one bucket: an append-only file of records, each followed by the content where that is small.
 * One write publishes an object or its deletion; the last record of a key counts. A file per object would cost two
 * inodes, each 20 µs to 1.5 ms by file system and disk; an append costs 10 to 40 µs.
 *
 * An entry is the record's length and CRC32 (4 bytes each, big endian), the record as JSON, the content. A process
 * that is killed leaves at most one entry cut short at the end, which the next start takes off. Nothing is fsynced:
 * after a power cut the last objects may be missing.
 */

/** An object as it is kept in memory. */
export interface StoredObject {
  readonly meta: ObjectMeta
  /** Where the content begins in the log; meaningless when the content is in files of its own. */
  readonly contentAt: number
  /** Of the whole entry. */
  readonly entryBytes: number
}

type LogRecord = ObjectMeta | { readonly deleted: string }

const NOTHING: Buffer = Buffer.alloc(0)
const HEADER_BYTES = 8
/** A record of 10 000 parts is 0.5 MB. */
const MAX_RECORD_BYTES = 16 * 1024 * 1024
const WINDOW_BYTES = 1024 * 1024
/** Below this, space lost to deleted objects is not worth a copy. */
const COMPACT_FROM_BYTES = 16 * 1024 * 1024

export class ObjectLog {
  #fd: number
  #bytes = 0

  private constructor(fd: number) {
    this.#fd = fd
  }

  /**
   * Opens or creates the log and hands over what it holds. When more than half of it is lost to deleted objects, it is
   * copied without them: at the start only, so that nobody waits for it later.
   */
  static open(path: string, newTempPath: () => string): { log: ObjectLog; objects: Map<string, StoredObject> } {
    const log = new ObjectLog(openSync(path, 'a+', 0o600))
    const objects = log.#load()
    let liveBytes = 0
    for (const { entryBytes } of objects.values()) liveBytes += entryBytes
    if (log.#bytes < COMPACT_FROM_BYTES || liveBytes * 2 > log.#bytes) return { log, objects }
    const temp = newTempPath()
    const compact = new ObjectLog(openSync(temp, 'ax+', 0o600))
    const moved = new Map<string, StoredObject>()
    for (const [key, { meta, contentAt }] of objects) {
      moved.set(key, compact.append(meta, meta.pieces === null ? log.read(contentAt, meta.sizeBytes) : NOTHING))
    }
    renameSync(temp, path)
    log.close()
    return { log: compact, objects: moved }
  }

  /** `content` is empty when it is in files of its own. Throws, and changes nothing, when the disk does not take it. */
  append(meta: ObjectMeta, content: Buffer): StoredObject {
    const { contentAt, entryBytes } = this.#append(meta, content)
    return { meta, contentAt, entryBytes }
  }

  appendDeletion(key: string): void {
    this.#append({ deleted: key }, NOTHING)
  }

  read(at: number, bytes: number): Buffer {
    const buffer = Buffer.allocUnsafe(bytes)
    if (readSync(this.#fd, buffer, 0, bytes, at) !== bytes) throw new Error('the object log is too short')
    return buffer
  }

  close(): void {
    closeSync(this.#fd)
  }

  #append(record: LogRecord, content: Buffer): { contentAt: number; entryBytes: number } {
    const json = Buffer.from(JSON.stringify(record))
    const header = Buffer.alloc(HEADER_BYTES)
    header.writeUInt32BE(json.length)
    header.writeUInt32BE(crc32(json), 4)
    const pieces = content.length > 0 ? [header, json, content] : [header, json]
    const entryBytes = HEADER_BYTES + json.length + content.length
    try {
      if (writevSync(this.#fd, pieces) !== entryBytes) throw new Error('the disk took only a part of an object')
    } catch (error) {
      ftruncateSync(this.#fd, this.#bytes)
      throw error
    }
    const contentAt = this.#bytes + HEADER_BYTES + json.length
    this.#bytes += entryBytes
    return { contentAt, entryBytes }
  }

  #load(): Map<string, StoredObject> {
    const objects = new Map<string, StoredObject>()
    const fileBytes = fstatSync(this.#fd).size
    const window = new Window(this.#fd, fileBytes)
    for (;;) {
      const header = window.at(this.#bytes, HEADER_BYTES)
      const jsonBytes = header?.readUInt32BE() ?? 0
      if (header === null || jsonBytes > MAX_RECORD_BYTES) break
      const json = window.at(this.#bytes + HEADER_BYTES, jsonBytes)
      if (json === null || crc32(json) !== header.readUInt32BE(4)) break
      const record = JSON.parse(json.toString()) as LogRecord
      const contentAt = this.#bytes + HEADER_BYTES + jsonBytes
      const contentBytes = 'deleted' in record || record.pieces !== null ? 0 : record.sizeBytes
      if (contentAt + contentBytes > fileBytes) break
      if ('deleted' in record) objects.delete(record.deleted)
      else {
        const entryBytes = HEADER_BYTES + jsonBytes + contentBytes
        objects.set(record.key, { meta: record, contentAt, entryBytes })
      }
      this.#bytes = contentAt + contentBytes
    }
    if (this.#bytes < fileBytes) ftruncateSync(this.#fd, this.#bytes)
    return objects
  }
}

/** Reads a file forwards in large steps. */
class Window {
  readonly #fd: number
  readonly #fileBytes: number
  #start = 0
  #bytes: Buffer = NOTHING

  constructor(fd: number, fileBytes: number) {
    this.#fd = fd
    this.#fileBytes = fileBytes
  }

  /** Valid until the next call. null beyond the end of the file. */
  at(position: number, bytes: number): Buffer | null {
    if (position + bytes > this.#fileBytes) return null
    if (position < this.#start || position + bytes > this.#start + this.#bytes.length) {
      const buffer = Buffer.allocUnsafe(Math.max(bytes, WINDOW_BYTES))
      this.#bytes = buffer.subarray(0, readSync(this.#fd, buffer, 0, buffer.length, position))
      this.#start = position
    }
    return this.#bytes.subarray(position - this.#start, position - this.#start + bytes)
  }
}
