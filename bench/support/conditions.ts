import { execFile } from 'node:child_process'
import { cpus, loadavg, totalmem } from 'node:os'
import { promisify } from 'node:util'

/** What the figures depend on, beside the code. */
export async function conditions(): Promise<string> {
  const version = async (binary: string, args: readonly string[]) => {
    try {
      const { stdout, stderr } = await promisify(execFile)(binary, [...args])
      return (stdout || stderr).split('\n')[0] ?? ''
    } catch {
      return `${binary}: not installed`
    }
  }
  const peers = await Promise.all([
    version('/usr/bin/aws', ['--version']),
    version('/usr/bin/rclone', ['version']),
    version('/usr/bin/curl', ['--version']),
    version('/usr/bin/chromium', ['--version']),
  ])
  const model = cpus()[0]?.model.trim() ?? 'unknown'
  const machine = `${cpus().length} × ${model}, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${process.platform} ${process.arch}`
  return [machine, `Node ${process.versions.node}`, ...peers.map((peer) => peer.replace(/ \(.*/, '')), load()].join(
    '\n',
  )
}

/** Ratios of one run can be trusted under load, times cannot. */
export function load(): string {
  return `load average ${loadavg()
    .map((value) => value.toFixed(2))
    .join(' ')}`
}
