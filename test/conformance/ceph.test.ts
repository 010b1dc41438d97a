import { startCephRgw } from '../support/ceph-rgw.ts'
import { conformance } from './conformance.ts'

/** Ceph RGW 16 from Debian 12. */
conformance('Ceph RGW', startCephRgw, {
  checksChecksums: false,
  keepsChecksums: false,
  keepsMultipartTags: false,
  takesTrailers: false,
  checksRegion: false,
  conditionalComplete: false,
  conditionalOverwrite: false,
  completeNamesEtag: false,
  quotesCopyEtag: false,
  limitsPartNumbers: false,
  wantsPartOrder: false,
  completesSubset: false,
  location: 'default',
  keyTooLongCode: 'InvalidObjectName',
  completeAborted: { code: 'InternalError', status: 500 },
  listAbortedCode: 'NoSuchKey',
})
