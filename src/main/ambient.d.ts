/** electron-vite: builds the named thread as a chunk of its own and gives the path of that chunk. */
declare module '*?modulePath' {
  const path: string
  export default path
}

/** Electron's `fs` without archive support. It exists only inside Electron, with the same shape as `node:fs`. */
declare module 'original-fs' {
  export * from 'node:fs'
}
