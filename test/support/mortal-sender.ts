import { existsSync, rmSync } from 'node:fs'
import '../../src/main/engine/sender.ts'

/** The real sender thread, which a test can make die of a mistake: by a file of this name, which it takes away. */
const { SLUICE_SENDER_DIES = '' } = process.env

setInterval(() => {
  if (SLUICE_SENDER_DIES === '' || !existsSync(SLUICE_SENDER_DIES)) return
  rmSync(SLUICE_SENDER_DIES)
  undefinedFunction()
}, 5)

declare function undefinedFunction(): void
