import { keepLogIn, onCrash } from '../../src/main/app/log.ts'
import { hideSecret } from '../../src/shared/redact.ts'

/** A process that crashes with secrets in its error: its cause, its properties and a promise that nobody awaits. */
const [folder = '', secret = '', how = ''] = process.argv.slice(2)
keepLogIn(folder)
onCrash(() => process.exit(7))
hideSecret(secret)
const request = {
  headers: { authorization: 'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/x, Signature=0123456789abcdef' },
}
const error = Object.assign(new Error(`signing with ${secret}`, { cause: new Error(`password=${secret}`) }), {
  request,
})
if (how === 'promise') void Promise.reject(error)
else
  setImmediate(() => {
    throw error
  })
