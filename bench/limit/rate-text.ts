const MIB = 1024 ** 2

/** `1 MiB/s`, `412 MiB/s`; `1 MB/s` where that is what was meant. */
export function formatRateBinary(bytesPerSecond: number): string {
  if (bytesPerSecond % 1_000_000 === 0) return `${bytesPerSecond / 1_000_000} MB/s`
  const [value, unit] = bytesPerSecond >= MIB ? [bytesPerSecond / MIB, 'MiB/s'] : [bytesPerSecond / 1024, 'KiB/s']
  return `${Number(value.toFixed(value < 10 ? 2 : 0))} ${unit}`
}
