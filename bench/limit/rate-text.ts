const MIB = 1024 ** 2

/** `1 MiB/s`, `412 MiB/s`. */
export function formatRateBinary(bytesPerSecond: number): string {
  const [value, unit] = bytesPerSecond >= MIB ? [bytesPerSecond / MIB, 'MiB/s'] : [bytesPerSecond / 1024, 'KiB/s']
  return `${Number(value.toFixed(value < 10 ? 2 : 0))} ${unit}`
}
