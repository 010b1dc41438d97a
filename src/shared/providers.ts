import type { ObjectTags } from './object-tags.ts'

/**
 * What is known about the stores that speak S3, as data: where they are, and how they differ. Each fact is from the
 * store's own documentation or a thread that shows it, named beside it; null is "not documented", and
 * the engine then does as with S3 and learns from the answers.
 */

const TiB = 1024 ** 4
const GiB = 1024 ** 3

export interface Provider {
  readonly name: string
  /** `{region}` and `{account}` are filled in; null: the address is a person's own; 'aws': the SDK knows it. */
  readonly endpoint: string | null
  /** Where the address says which store it is. */
  readonly hosts: RegExp | null
  /** To choose from, the first is offered; empty: to be typed. */
  readonly regions: readonly string[]
  readonly pathStyle: boolean
  /** The algorithm that the store checks for whole and for multipart objects alike. */
  readonly checksum: 'crc32' | 'crc64nvme' | 'md5'
  /** False: `x-amz-checksum-*` headers are refused. */
  readonly checksumHeaders: boolean
  /** All parts but the last must have one size. */
  readonly equalParts: boolean
  readonly maxPartCount: number
  readonly maxObjectBytes: number
  /** What can be chosen; null: depends on how the store is set up. */
  readonly storageClasses: readonly string[] | null
  /** Encryption that can be asked for; null: not documented. */
  readonly encryption: readonly ('s3' | 'kms')[] | null
  /** False: it keeps no tags with objects. */
  readonly tags: boolean
  /** A sentence for people about what differs, or null. */
  readonly note: string | null
}

/** S3's own limits: https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const AS_S3 = {
  checksum: 'crc32',
  checksumHeaders: true,
  equalParts: false,
  maxPartCount: 10_000,
  maxObjectBytes: 10_000 * 5 * GiB,
  encryption: ['s3', 'kms'],
  tags: true,
  note: null,
} as const

export const PROVIDER_IDS = ['other', 'aws', 'ceph', 'minio', 'r2', 'b2', 'wasabi', 'spaces', 'garage'] as const
export type ProviderId = (typeof PROVIDER_IDS)[number]

export const PROVIDERS: Readonly<Record<ProviderId, Provider>> = {
  other: {
    ...AS_S3,
    name: 'Another S3 server',
    endpoint: null,
    hosts: null,
    regions: ['us-east-1'],
    pathStyle: true,
    storageClasses: null,
  },
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/storage-class-intro.html
  aws: {
    ...AS_S3,
    name: 'Amazon S3',
    endpoint: 'aws',
    hosts: /(^|\.)amazonaws\.com(\.cn)?$/,
    regions: [
      'us-east-1',
      'us-east-2',
      'us-west-1',
      'us-west-2',
      'ca-central-1',
      'sa-east-1',
      'eu-central-1',
      'eu-west-1',
      'eu-west-2',
      'eu-west-3',
      'eu-north-1',
      'eu-south-1',
      'ap-south-1',
      'ap-northeast-1',
      'ap-northeast-2',
      'ap-southeast-1',
      'ap-southeast-2',
    ],
    pathStyle: false,
    storageClasses: [
      'STANDARD',
      'INTELLIGENT_TIERING',
      'STANDARD_IA',
      'ONEZONE_IA',
      'GLACIER_IR',
      'GLACIER',
      'DEEP_ARCHIVE',
      'REDUCED_REDUNDANCY',
    ],
  },
  // https://docs.ceph.com/en/latest/radosgw/config-ref/ (rgw_multipart_part_upload_limit: 10 000) and
  // https://docs.ceph.com/en/latest/radosgw/placement/ (storage classes have the names that their zone gives them)
  ceph: {
    ...AS_S3,
    name: 'Ceph',
    endpoint: null,
    hosts: null,
    regions: ['us-east-1'],
    pathStyle: true,
    storageClasses: null,
    note: 'Ceph before 19 takes checksums without checking them; what it keeps is then compared by size.',
  },
  // https://docs.min.io/community/minio-object-store/operations/concepts/thresholds.html
  minio: {
    ...AS_S3,
    name: 'MinIO',
    endpoint: null,
    hosts: null,
    regions: ['us-east-1'],
    pathStyle: true,
    storageClasses: ['STANDARD', 'REDUCED_REDUNDANCY'],
  },
  // https://developers.cloudflare.com/r2/api/s3/api/ (CRC-64/NVME is the only checksum of whole multipart objects),
  // https://developers.cloudflare.com/r2/objects/multipart-objects/ (parts of one size),
  // https://developers.cloudflare.com/r2/platform/limits/ (5 GiB less than 5 TiB); "Header 'x-amz-tagging' … not implemented":
  // https://github.com/openreplay/openreplay/issues/2018
  r2: {
    ...AS_S3,
    name: 'Cloudflare R2',
    endpoint: 'https://{account}.r2.cloudflarestorage.com',
    hosts: /(^|\.)r2\.cloudflarestorage\.com$/,
    regions: ['auto'],
    pathStyle: true,
    checksum: 'crc64nvme',
    equalParts: true,
    maxObjectBytes: 5 * TiB - 5 * GiB,
    storageClasses: ['STANDARD', 'STANDARD_IA'],
    encryption: [],
    tags: false,
    note: 'R2 wants all parts of one size, and checks whole objects by CRC-64/NVME only.',
  },
  // https://www.backblaze.com/docs/cloud-storage-s3-compatible-api (checksum headers among the unsupported features; keys
  // of Backblaze's own), seen as "Unsupported header 'x-amz-checksum-crc32'": https://github.com/diced/zipline/issues/746,
  // and 'x-amz-tagging': https://github.com/codelitdev/medialit/issues/158
  b2: {
    ...AS_S3,
    name: 'Backblaze B2',
    endpoint: 'https://s3.{region}.backblazeb2.com',
    hosts: /(^|\.)backblazeb2\.com$/,
    regions: ['us-west-004', 'us-west-002', 'us-west-001', 'us-east-005', 'eu-central-003'],
    pathStyle: true,
    checksum: 'md5',
    checksumHeaders: false,
    storageClasses: null,
    encryption: ['s3'],
    tags: false,
    note: 'B2 refuses the checksum headers of S3: parts are checked by MD5.',
  },
  // Addresses: rclone's list (backend/s3/provider/Wasabi.yaml), which follows https://docs.wasabi.com/docs/service-urls
  wasabi: {
    ...AS_S3,
    name: 'Wasabi',
    endpoint: 'https://s3.{region}.wasabisys.com',
    hosts: /(^|\.)wasabisys\.com$/,
    regions: [
      'us-east-1',
      'us-east-2',
      'us-central-1',
      'us-west-1',
      'ca-central-1',
      'eu-central-1',
      'eu-central-2',
      'eu-west-1',
      'eu-west-2',
      'eu-south-1',
      'ap-northeast-1',
      'ap-northeast-2',
      'ap-southeast-1',
      'ap-southeast-2',
    ],
    pathStyle: true,
    storageClasses: null,
    encryption: null,
  },
  // https://docs.digitalocean.com/products/spaces/details/limits/ (both styles) and
  // https://docs.digitalocean.com/reference/api/spaces-api/ (STANDARD is the only storage class)
  spaces: {
    ...AS_S3,
    name: 'DigitalOcean Spaces',
    endpoint: 'https://{region}.digitaloceanspaces.com',
    hosts: /(^|\.)digitaloceanspaces\.com$/,
    regions: ['nyc3', 'ams3', 'fra1', 'lon1', 'sfo2', 'sfo3', 'sgp1', 'syd1', 'tor1', 'blr1'],
    pathStyle: false,
    storageClasses: ['STANDARD'],
    encryption: null,
  },
  // https://garagehq.deuxfleurs.fr/documentation/reference-manual/s3-compatibility/ (no encryption but SSE-C, no tags) and
  // https://garagehq.deuxfleurs.fr/documentation/connect/ (path style; the region is "garage" unless set otherwise)
  garage: {
    ...AS_S3,
    name: 'Garage',
    endpoint: null,
    hosts: null,
    regions: ['garage'],
    pathStyle: true,
    storageClasses: null,
    encryption: [],
    tags: false,
    note: 'Garage wants the region that its own configuration names, “garage” unless that was changed.',
  },
}

/** Why a store could not keep an object's tags, in one sentence, or null. */
export function tagsRefusal(id: ProviderId, tags: ObjectTags): string | null {
  const { name, tags: keepsTags } = PROVIDERS[id]
  return keepsTags || Object.keys(tags).length === 0 ? null : `${name} keeps no tags with objects: leave them out.`
}

/** Which store an address belongs to; null is AWS itself. */
export function providerOf(endpoint: string | null): ProviderId {
  if (endpoint === null) return 'aws'
  // No `URL` here: this folder knows neither Node nor the DOM.
  const host = /^[a-z]+:\/\/(?:[^/?#]*@)?([^/?#:]*)/i.exec(endpoint)?.[1]?.toLowerCase() ?? ''
  return PROVIDER_IDS.find((id) => PROVIDERS[id].hosts?.test(host)) ?? 'other'
}
