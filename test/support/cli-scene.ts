import { promises as fs } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest'
import type { DemoServer } from '../../src/main/demo/server.ts'
import { startDemoServer } from '../../src/main/demo/server.ts'
import type { CliChoices, CliProcess, CliResult } from './cli.ts'
import { runCli, startCli } from './cli.ts'
import { FarSide } from './far-side.ts'
import { removeFolder } from './temp-folder.ts'

/** A demo bucket for the whole file, and for each test an empty folder and a prefix of its own. */
export interface Scene {
  readonly server: DemoServer
  readonly far: FarSide
  /** Where the command runs. */
  readonly dir: string
  /** 'tN/': tests share the bucket. */
  readonly prefix: string
  /** `s3://bucket/tN/` and what follows. */
  target(rest?: string): string
  write(name: string, bytes: string | Uint8Array): Promise<string>
  run(args: readonly string[], choices?: CliChoices): Promise<CliResult>
  start(args: readonly string[], choices?: CliChoices): CliProcess
  /** Names of the folders that runs have left in this test's state. */
  runs(): Promise<string[]>
}

/** Call it at the top of a test file; the scene is whole inside tests. */
export function cliScene(): Scene {
  let server: DemoServer
  let far: FarSide
  let root = ''
  let dir = ''
  let test = 0
  const started: CliProcess[] = []
  beforeAll(async () => {
    root = await fs.mkdtemp(path.join(os.tmpdir(), 'sluice-cli-'))
    server = await startDemoServer({ dir: path.join(root, 'bucket') })
    far = new FarSide(server)
  })
  afterAll(async () => {
    far.close()
    await server.close()
    await removeFolder(root)
  })
  beforeEach(async () => {
    test += 1
    dir = path.join(root, `t${test}`)
    await fs.mkdir(dir)
  })
  afterEach(async () => {
    server.setFaults([])
    for (const { child, ended } of started.splice(0)) {
      if (child.exitCode === null) child.kill('SIGKILL')
      await ended
    }
  })
  const withScene = (choices: CliChoices = {}): CliChoices => {
    const env = { XDG_STATE_HOME: `${dir}-state`, ...choices.env }
    return { cwd: dir, server, ...choices, env }
  }
  const start: Scene['start'] = (args, choices) => {
    const process = startCli(args, withScene(choices))
    started.push(process)
    return process
  }
  return {
    get server() {
      return server
    },
    get far() {
      return far
    },
    get dir() {
      return dir
    },
    get prefix() {
      return `t${test}/`
    },
    target: (rest = '') => `s3://${server.bucket}/t${test}/${rest}`,
    write: async (name, bytes) => {
      const target = path.join(dir, name)
      await fs.mkdir(path.dirname(target), { recursive: true })
      await fs.writeFile(target, bytes)
      return target
    },
    run: (args, choices) => runCli(args, withScene(choices)),
    runs: async () => fs.readdir(path.join(`${dir}-state`, 'sluice/runs')).catch(() => []),
    start,
  }
}
