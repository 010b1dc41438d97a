/**
 * Node's HTTP client, without `import`: importing the module by name reads all that it exports, among them the browser's
 * WebSocket, and with it loads undici, 45 ms of CPU and 5 MiB in every thread that will never use it.
 */
export const http = process.getBuiltinModule('node:http')
export const https = process.getBuiltinModule('node:https')
