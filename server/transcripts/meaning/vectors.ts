/** A vector made small: `signs` as PostgreSQL writes bits, `bytes` a signed byte for each number. */
export type Small = { signs: string; bytes: Buffer }

/** Made small by its own largest number: only directions are compared. */
export function small(vector: readonly number[]): Small {
  const most = vector.reduce((max, x) => Math.max(max, Math.abs(x)), 0) || 1
  return {
    signs: vector.map((x) => (x > 0 ? '1' : '0')).join(''),
    bytes: Buffer.from(Int8Array.from(vector, (x) => Math.round((x / most) * 127)).buffer),
  }
}

/** Cosine of the angle between a vector and one made small; 0 where one of them has no direction, or lengths differ. */
export function likeness(vector: readonly number[], bytes: Uint8Array): number {
  if (vector.length !== bytes.length) return 0
  const other = new Int8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  let [dot, mine, its] = [0, 0, 0]
  for (let i = 0; i < vector.length; i++) {
    const [a, b] = [vector[i]!, other[i]!]
    dot += a * b
    mine += a * a
    its += b * b
  }
  return mine === 0 || its === 0 ? 0 : dot / Math.sqrt(mine * its)
}
