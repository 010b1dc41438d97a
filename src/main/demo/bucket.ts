import { randomBytes } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { copyFile, link, mkdir, rm, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Blob } from './blob.ts'
import type { StoredObject } from './object-log.ts'
import { ObjectLog } from './object-log.ts'
import { readRecord, sealBlob } from './record-file.ts'
import type { ObjectMeta, PartMeta, Pieces, StoredPart, Upload, UploadMeta } from './records.ts'
import { S3Error } from './s3-error.ts'
import { SortedKeys } from './sorted-keys.ts'

const UPLOAD_FILE = 'upload.json'
const LOG_FILE = 'objects.log'
const NOTHING = Buffer.alloc(0)

/**
 * One bucket's folder.
 *
 *     bucket.json          when it was created
 *     objects.log          every object's record, and its content where that is small
 *     multipart/<id>/      larger content: the parts of an upload, open or completed (upload.json beside them while
 *                          it is open), or the one file of a large PutObject
 *
 * No name on disk is made from a key, so no key can leave the folder and no two keys meet. All records are in memory;
 * the disk is read at the start only.
 */
export class Bucket {
  readonly name: string
  readonly createdMs: number
  readonly keys = new SortedKeys()
  readonly uploads = new Map<string, Upload>()
  readonly #objects: Map<string, StoredObject>
  readonly #log: ObjectLog
  readonly #dir: string
  readonly #newTempPath: () => string
  /** Readers of a content folder; a folder that is replaced in the meantime goes when the last one ends. */
  readonly #readers = new Map<string, number>()
  readonly #doomed = new Set<string>()
  /** Removal of files nobody can see any more; `close` waits for it. */
  readonly #removals = new Set<Promise<void>>()

  private constructor(name: string, dir: string, createdMs: number, newTempPath: () => string) {
    this.name = name
    this.#dir = dir
    this.createdMs = createdMs
    this.#newTempPath = newTempPath
    const { log, objects } = ObjectLog.open(join(dir, LOG_FILE), newTempPath)
    this.#log = log
    this.#objects = objects
    for (const key of objects.keys()) this.keys.add(key)
  }

  static create(name: string, dir: string, nowMs: number, newTempPath: () => string): Bucket {
    const temp = newTempPath()
    mkdirSync(join(temp, 'multipart'), { recursive: true, mode: 0o700 })
    writeFileSync(join(temp, 'bucket.json'), JSON.stringify({ createdMs: nowMs }), { mode: 0o600 })
    renameSync(temp, dir)
    return new Bucket(name, dir, nowMs, newTempPath)
  }

  /** Reads every record. Removes what a killed server left half done; none of it was ever visible. */
  static load(name: string, dir: string, newTempPath: () => string): Bucket {
    const { createdMs } = JSON.parse(readFileSync(join(dir, 'bucket.json'), 'utf8')) as { createdMs: number }
    const bucket = new Bucket(name, dir, createdMs, newTempPath)
    const used = new Map<string, Pieces>()
    for (const { meta } of bucket.#objects.values()) if (meta.pieces !== null) used.set(meta.pieces.folder, meta.pieces)
    for (const folder of readdirSync(join(dir, 'multipart'))) bucket.#loadFolder(folder, used.get(folder))
    return bucket
  }

  get isEmpty(): boolean {
    return this.#objects.size === 0 && this.uploads.size === 0
  }

  object(key: string): ObjectMeta | undefined {
    return this.#objects.get(key)?.meta
  }

  /** Keeps and publishes an object. `allow` runs at the last moment and may throw to leave everything as it was. */
  async putObject(meta: ObjectMeta, blob: Blob, allow: () => void): Promise<void> {
    if (blob.kind === 'memory') {
      allow()
      this.#publish(meta, blob.data)
      return
    }
    await blob.handle.close()
    const folder = newId()
    const name = 'content'
    try {
      allow()
      mkdirSync(this.#folder(folder))
      renameSync(blob.path, join(this.#folder(folder), name))
      this.#publish({ ...meta, pieces: { folder, files: [{ name, sizeBytes: meta.sizeBytes }] } }, NOTHING)
    } catch (error) {
      rmSync(blob.path, { force: true })
      this.#removeFolder(folder)
      throw error
    }
  }

  deleteObject(key: string): void {
    const meta = this.object(key)
    if (meta === undefined) return
    this.#log.appendDeletion(key)
    this.#objects.delete(key)
    this.keys.delete(key)
    if (meta.pieces !== null) this.#removeFolder(meta.pieces.folder)
  }

  /** Same content under new metadata; files are linked, not copied. @throws S3Error NoSuchKey. */
  async copyObject(from: Bucket, sourceKey: string, make: (source: ObjectMeta) => ObjectMeta): Promise<ObjectMeta> {
    const source = from.#objects.get(sourceKey)
    if (source === undefined) throw new S3Error('NoSuchKey', 'The specified key does not exist.')
    const { pieces, sizeBytes } = source.meta
    if (pieces === null) {
      const meta = make(source.meta)
      this.#publish(meta, from.#log.read(source.contentAt, sizeBytes))
      return meta
    }
    const folder = newId()
    const release = from.#hold(pieces.folder)
    try {
      await mkdir(this.#folder(folder))
      for (const { name } of pieces.files) {
        const original = join(from.#folder(pieces.folder), name)
        const copy = join(this.#folder(folder), name)
        await link(original, copy).catch(() => copyFile(original, copy))
      }
    } finally {
      release()
    }
    const meta = { ...make(source.meta), pieces: { folder, files: pieces.files } }
    this.#publish(meta, NOTHING)
    return meta
  }

  /** Content of an object that has no files of its own: bytes `start` to `end` (exclusive). */
  readInline(key: string, start: number, end: number): Buffer {
    return this.#log.read((this.#objects.get(key)?.contentAt ?? 0) + start, end - start)
  }

  /** The files that hold an object's content, in order. They stay readable until `release`, whatever happens to the key. */
  openFiles(pieces: Pieces): { files: readonly { path: string; sizeBytes: number }[]; release: () => void } {
    const files = pieces.files.map(({ name, sizeBytes }) => ({
      path: join(this.#folder(pieces.folder), name),
      sizeBytes,
    }))
    return { files, release: this.#hold(pieces.folder) }
  }

  createUpload(meta: Omit<UploadMeta, 'uploadId'>): UploadMeta {
    const upload: UploadMeta = { ...meta, uploadId: newUploadId(meta.startedMs) }
    mkdirSync(this.#folder(upload.uploadId))
    const temp = this.#newTempPath()
    writeFileSync(temp, JSON.stringify(upload), { mode: 0o600 })
    renameSync(temp, join(this.#folder(upload.uploadId), UPLOAD_FILE))
    this.uploads.set(upload.uploadId, { meta: upload, parts: new Map() })
    return upload
  }

  /** @throws S3Error NoSuchUpload when the upload ended while the part was on its way. */
  async putPart(upload: Upload, part: PartMeta, blob: Blob): Promise<void> {
    const { uploadId } = upload.meta
    const temp = await sealBlob(blob, part, this.#newTempPath)
    if (this.uploads.get(uploadId) !== upload) {
      unlinkSync(temp)
      throw new S3Error('NoSuchUpload', 'The specified upload does not exist. It ended while this part was on its way.')
    }
    const fileName = `${String(part.partNumber).padStart(5, '0')}-${randomBytes(4).toString('hex')}`
    renameSync(temp, join(this.#folder(uploadId), fileName))
    const replaced = upload.parts.get(part.partNumber)
    upload.parts.set(part.partNumber, { ...part, fileName })
    if (replaced !== undefined) this.#remove(unlink(join(this.#folder(uploadId), replaced.fileName)))
  }

  /** Turns chosen parts into the object without copying a byte. One turn of the event loop: nothing comes between. */
  completeUpload(upload: Upload, chosen: readonly StoredPart[], meta: ObjectMeta): void {
    const { uploadId } = upload.meta
    const files = chosen.map(({ fileName, sizeBytes }) => ({ name: fileName, sizeBytes }))
    const whole: ObjectMeta = { ...meta, pieces: { folder: uploadId, files } }
    this.#publish(whole, NOTHING)
    this.uploads.delete(uploadId)
    const kept = new Set(files.map(({ name }) => name))
    this.#remove(unlink(join(this.#folder(uploadId), UPLOAD_FILE)))
    for (const { fileName } of upload.parts.values()) {
      if (!kept.has(fileName)) this.#remove(unlink(join(this.#folder(uploadId), fileName)))
    }
  }

  abortUpload(upload: Upload): void {
    const { uploadId } = upload.meta
    this.uploads.delete(uploadId)
    // Without this file the folder is rubbish, whenever the server dies.
    unlinkSync(join(this.#folder(uploadId), UPLOAD_FILE))
    this.#removeFolder(uploadId)
  }

  /** Waits until files that nobody can see any more are gone. The bucket is of no use afterwards. */
  async close(): Promise<void> {
    await Promise.all(this.#removals)
    this.#log.close()
  }

  async destroy(): Promise<void> {
    const temp = this.#newTempPath()
    renameSync(this.#dir, temp)
    await this.close()
    await rm(temp, { recursive: true, force: true })
  }

  #publish(meta: ObjectMeta, content: Buffer): void {
    const replaced = this.#objects.get(meta.key)
    this.#objects.set(meta.key, this.#log.append(meta, content))
    if (replaced === undefined) this.keys.add(meta.key)
    else if (replaced.meta.pieces !== null) this.#removeFolder(replaced.meta.pieces.folder)
  }

  #loadFolder(folder: string, used: Pieces | undefined): void {
    const path = this.#folder(folder)
    const uploadFile = join(path, UPLOAD_FILE)
    if (used !== undefined) {
      // Killed between publishing the object and tidying up.
      const kept = new Set(used.files.map(({ name }) => name))
      if (existsSync(uploadFile)) for (const file of readdirSync(path)) if (!kept.has(file)) rmSync(join(path, file))
      return
    }
    if (!existsSync(uploadFile)) {
      rmSync(path, { recursive: true })
      return
    }
    const meta = JSON.parse(readFileSync(uploadFile, 'utf8')) as UploadMeta
    const parts = new Map<number, StoredPart>()
    for (const fileName of readdirSync(path)) {
      if (fileName === UPLOAD_FILE) continue
      const part = readRecord(join(path, fileName)) as PartMeta | null
      const other = part === null ? undefined : parts.get(part.partNumber)
      if (part === null || (other !== undefined && other.modifiedMs > part.modifiedMs)) rmSync(join(path, fileName))
      else {
        if (other !== undefined) rmSync(join(path, other.fileName))
        parts.set(part.partNumber, { ...part, fileName })
      }
    }
    this.uploads.set(meta.uploadId, { meta, parts })
  }

  #folder(name: string): string {
    return join(this.#dir, 'multipart', name)
  }

  #hold(folder: string): () => void {
    this.#readers.set(folder, (this.#readers.get(folder) ?? 0) + 1)
    let held = true
    return () => {
      if (!held) return
      held = false
      const left = (this.#readers.get(folder) ?? 1) - 1
      if (left > 0) this.#readers.set(folder, left)
      else {
        this.#readers.delete(folder)
        if (this.#doomed.delete(folder)) this.#removeFolder(folder)
      }
    }
  }

  #removeFolder(folder: string): void {
    if (this.#readers.has(folder)) this.#doomed.add(folder)
    else this.#remove(rm(this.#folder(folder), { recursive: true, force: true }))
  }

  #remove(removal: Promise<void>): void {
    const quiet = removal
      .catch(() => {})
      .finally(() => {
        this.#removals.delete(quiet)
      })
    this.#removals.add(quiet)
  }
}

/** Begins with the time, so that sorting by id is sorting by start. */
function newUploadId(startedMs: number): string {
  return startedMs.toString(16).padStart(12, '0') + newId().slice(12)
}

/** 128 random bits: cannot be guessed and never meets another. */
export function newId(): string {
  return randomBytes(16).toString('hex')
}
