/** Waveform peaks as the server sends them: base64 of int8 min/max pairs. */
export const decodePeaks = (base64: string): Int8Array => Int8Array.from(atob(base64), (c) => c.charCodeAt(0))

/** `columns` pairs covering the lane: the lowest minimum and highest maximum of each stretch, −1..1. */
export const columnsOf = (peaks: Int8Array, columns: number): { low: number; high: number }[] => {
  const pairs = peaks.length >> 1
  return Array.from({ length: columns }, (_, x) => {
    const from = Math.floor((x * pairs) / columns)
    const to = Math.max(from + 1, Math.floor(((x + 1) * pairs) / columns))
    let [low, high] = [0, 0]
    for (let i = from; i < Math.min(to, pairs); i++) {
      low = Math.min(low, peaks[2 * i] ?? 0)
      high = Math.max(high, peaks[2 * i + 1] ?? 0)
    }
    return { low: low / 128, high: high / 127 }
  })
}
