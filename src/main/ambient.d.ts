/** electron-vite: builds the named thread as a chunk of its own and gives the path of that chunk. */
declare module '*?modulePath' {
  const path: string
  export default path
}
