import { startDemoServer } from '../demo/server.ts'
import { EXIT } from './exit.ts'
import type { Output } from './output.ts'

export interface DemoServerOptions {
  readonly dir: string
  readonly port: number
  readonly json: boolean
}

/** Runs the demo bucket until SIGINT or SIGTERM. The first line of stdout says how to reach it, as JSON. */
export async function runDemoServer({ dir, port, json }: DemoServerOptions, output: Output): Promise<number> {
  const asked = new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve())
  })
  let server: Awaited<ReturnType<typeof startDemoServer>>
  try {
    server = await startDemoServer({ dir, port })
  } catch (error) {
    output.complain(error instanceof Error ? error.message : String(error))
    return EXIT.failed
  }
  const { endpoint, region, bucket, accessKeyId, secretAccessKey } = server
  output.line(JSON.stringify({ endpoint, region, bucket, accessKeyId, secretAccessKey }))
  if (!json) {
    output.line(`The bucket is s3://${bucket}/, its objects are under ${dir}. Ctrl-C ends the server. To upload:`)
    output.line(`  export AWS_ACCESS_KEY_ID=${accessKeyId} AWS_SECRET_ACCESS_KEY=${secretAccessKey}`)
    output.line(`  sluice upload FILE s3://${bucket}/ --endpoint ${endpoint} --region ${region}`)
  }
  await asked
  await server.close()
  return EXIT.done
}
