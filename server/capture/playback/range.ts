/** A span of bytes, `to` exclusive. */
export type ByteRange = { from: number; to: number }

/**
 * The range asked for (RFC 9110 §14.1.2), one range only: a list, another unit or nonsense is answered with the whole
 * (null). `unsatisfiable` when it lies outside.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | null | 'unsatisfiable' {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '')
  if (!match || (match[1] === '' && match[2] === '')) return null
  const [first, last] = [match[1] ?? '', match[2] ?? '']
  if (first === '') {
    const length = Math.min(size, Number(last))
    return length > 0 ? { from: size - length, to: size } : 'unsatisfiable'
  }
  const from = Number(first)
  const to = last === '' ? size : Math.min(size, Number(last) + 1)
  if (from >= size) return 'unsatisfiable'
  return from < to ? { from, to } : null
}
