import type { TestResult, TestStep } from '../../shared/contract.ts'
import type { TransferError } from '../../shared/errors.ts'
import type { EngineDestination } from './api.ts'
import { probe } from './probe.ts'
import { contextOf, S3Control } from './s3-control.ts'
import { errorFromThrown } from './s3-errors.ts'

const UNREACHED = new Set([
  'host-not-found',
  'connection-refused',
  'network-lost',
  'request-timeout',
  'tls-rejected',
  'proxy-rejected',
])

/** Tries a destination step by step, so that the first thing that is wrong is named, and finds out what the server can do. It leaves nothing behind. */
export async function testDestination(destination: EngineDestination): Promise<TestResult> {
  const steps: TestResult['steps'][number][] = []
  const pass = (step: TestStep, message: string) => steps.push({ step, ok: true, message })
  const fail = (step: TestStep, error: TransferError): TestResult => {
    const { message, region } = error
    steps.push({ step, ok: false, message, ...(region === undefined ? {} : { region }) })
    return { ok: false, steps, found: null }
  }
  const context = contextOf(destination)
  let control: S3Control
  try {
    control = await S3Control.open(destination, () => {})
    await control.credentials()
  } catch (thrown) {
    return fail('credentials', errorFromThrown(thrown, context))
  }
  try {
    pass('credentials', 'Credentials were found.')
    try {
      await control.listOne()
      pass('connect', 'The server answers.')
      pass('bucket', `The bucket "${destination.bucket}" is there.`)
    } catch (thrown) {
      const error = errorFromThrown(thrown, context)
      if (UNREACHED.has(error.code)) return fail('connect', error)
      pass('connect', 'The server answers.')
      // A key that may write but not list is fine for uploads: the next step decides.
      if (error.code !== 'access-denied') return fail('bucket', error)
      pass('bucket', 'Listing is not allowed for this key; uploads do not need it.')
    }
    try {
      const found = await probe(control)
      pass('write', 'A few bytes were written and removed again.')
      return { ok: true, steps, found }
    } catch (thrown) {
      return fail('write', errorFromThrown(thrown, context))
    }
  } finally {
    control.close()
  }
}
