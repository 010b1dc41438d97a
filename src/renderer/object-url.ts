import type { Destination } from '../shared/destination.ts'

/** Where an object is, as the destination addresses it; whether it may be read there is the bucket's matter. */
export function objectUrl(
  { endpoint, region, bucket, pathStyle }: Pick<Destination, 'endpoint' | 'region' | 'bucket' | 'pathStyle'>,
  key: string,
): string {
  const url = new URL(endpoint ?? `https://s3.${region}.amazonaws.com`)
  const path = key.split('/').map(encodeURIComponent).join('/')
  if (!pathStyle) url.hostname = `${bucket}.${url.hostname}`
  const base = url.pathname.replace(/\/$/, '')
  return `${url.origin}${base}/${pathStyle ? `${bucket}/` : ''}${path}`
}
