import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { Blob } from './blob.ts'
import { writeAll } from './blob.ts'

/**
 * A part on disk: the content, then a JSON record about it, the record's length (4 bytes, big endian) and a mark.
 * One file holds both, so one rename publishes both.
 */
const MARK = Buffer.from('sluice01', 'latin1')
const FOOTER_BYTES = 4 + MARK.length
/** Enough for nearly every record in the first read. */
const FIRST_READ_BYTES = 4096

function tailOf(record: unknown): Buffer {
  const json = Buffer.from(JSON.stringify(record))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(json.length)
  return Buffer.concat([json, length, MARK])
}

/** Writes the record behind the blob and closes it. Resolves with the path of the file, ready to be renamed. */
export async function sealBlob(blob: Blob, record: unknown, newTempPath: () => string): Promise<string> {
  if (blob.kind === 'memory') {
    const path = newTempPath()
    await writeFile(path, [blob.data, tailOf(record)], { flag: 'wx', mode: 0o600 })
    return path
  }
  await writeAll(blob.handle, [tailOf(record)])
  await blob.handle.close()
  return blob.path
}

/** The record of a stored file, or null when the file is not one of ours. */
export function readRecord(path: string): unknown {
  const fd = openSync(path, 'r')
  try {
    const { size } = fstatSync(fd)
    let tail = readEnd(fd, size, Math.min(size, FIRST_READ_BYTES))
    if (tail.length < FOOTER_BYTES || !tail.subarray(-MARK.length).equals(MARK)) return null
    const jsonBytes = tail.readUInt32BE(tail.length - FOOTER_BYTES)
    if (jsonBytes + FOOTER_BYTES > size) return null
    if (jsonBytes + FOOTER_BYTES > tail.length) tail = readEnd(fd, size, jsonBytes + FOOTER_BYTES)
    const end = tail.length - FOOTER_BYTES
    return JSON.parse(tail.toString('utf8', end - jsonBytes, end))
  } finally {
    closeSync(fd)
  }
}

function readEnd(fd: number, size: number, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(bytes)
  const read = readSync(fd, buffer, 0, bytes, size - bytes)
  return buffer.subarray(0, read)
}
