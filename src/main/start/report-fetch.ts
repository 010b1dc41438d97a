/**
 * Loaded into Electron's installer ahead of it: reports every byte that `fetch` brings to the parent process, so that
 * a silent download can be told from a slow one. The installer itself only shows a bar after 30 s.
 */

export interface FetchProgress {
  readonly receivedBytes: number
  readonly totalBytes: number | null
}

const plainFetch = globalThis.fetch

globalThis.fetch = async (...args) => {
  const response = await plainFetch(...args).catch((error: Error) => {
    // The installer prints the stack only, and the stack says no more than "fetch failed".
    const cause = error.cause as { code?: string; message?: string } | undefined
    throw new Error(cause?.code ?? cause?.message ?? error.message)
  })
  const length = Number(response.headers.get('content-length'))
  const totalBytes = length > 0 ? length : null
  let receivedBytes = 0
  const counted = response.body?.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        receivedBytes += chunk.byteLength
        process.send?.({ receivedBytes, totalBytes } satisfies FetchProgress)
        controller.enqueue(chunk)
      },
    }),
  )
  return new Response(counted ?? null, response)
}
