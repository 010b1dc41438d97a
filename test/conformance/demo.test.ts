import { startTestDemo } from '../support/demo-bucket.ts'
import { conformance } from './conformance.ts'

conformance('the demo bucket', startTestDemo, {
  checksChecksums: true,
  keepsChecksums: true,
  keepsMultipartTags: true,
  takesTrailers: true,
  checksRegion: true,
  conditionalComplete: true,
  conditionalOverwrite: true,
  completeNamesEtag: true,
  quotesCopyEtag: true,
  limitsPartNumbers: true,
  wantsPartOrder: true,
  completesSubset: true,
  location: '',
  keyTooLongCode: 'KeyTooLongError',
  completeAborted: { code: 'NoSuchUpload', status: 404 },
  listAbortedCode: 'NoSuchUpload',
})
