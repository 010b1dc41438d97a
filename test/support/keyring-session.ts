import { Secrets } from '../../src/main/app/secrets.ts'
import { openKeyring } from '../../src/main/app/secrets-keyring.ts'

/** A process of its own, as after a restart: `put <id> <secret>`, `get <id>` or `remove <id>`; prints one JSON line. */
const [action = '', id = '', secretAccessKey = ''] = process.argv.slice(2)
const troubles: string[] = []
const secrets = new Secrets([openKeyring], (message) => troubles.push(message))
if (action === 'put') secrets.put(id, id, { secretAccessKey, sessionToken: null })
else if (action === 'remove') secrets.remove(id, id)
else await secrets.restore([id])
await secrets.settled()
// After `settled`, so that the store is open even where nothing was read.
await secrets.restore([])
console.log(JSON.stringify({ place: secrets.place, secret: secrets.get(id)?.secretAccessKey ?? null, troubles }))
