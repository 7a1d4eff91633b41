/** Why a document of a package is not what its format says. */
export class FormatError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'FormatError'
  }
}

export type Fields = Record<string, unknown>

/** A JSON object from UTF-8 bytes. Throws FormatError. */
export function parseObject(bytes: Buffer, what: string): Fields {
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes))
  } catch {
    throw new FormatError(`${what} is not JSON`)
  }
  return asObject(value, what)
}

export function asObject(value: unknown, what: string): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new FormatError(`${what} is no object`)
  return value as Fields
}

/** A list of at most `most` objects. */
export function asObjects(value: unknown, what: string, most = 100_000): Fields[] {
  if (!Array.isArray(value) || value.length > most) throw new FormatError(`${what} is no list`)
  return value.map((item) => asObject(item, what))
}

export function asText(value: unknown, what: string): string {
  if (typeof value !== 'string') throw new FormatError(`${what} is no text`)
  return value
}

/** A whole number from `least` to `most`. */
export function asNumber(value: unknown, what: string, { least = 0, most = Number.MAX_SAFE_INTEGER } = {}): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < least || value > most)
    throw new FormatError(`${what} is no number allowed there`)
  return value
}

/** 32 bytes in base64, spelled in the one canonical way. */
export function asHash(value: unknown, what: string): Buffer {
  const text = asText(value, what)
  const bytes = Buffer.from(text, 'base64')
  if (bytes.length !== 32 || bytes.toString('base64') !== text) throw new FormatError(`${what} is no hash`)
  return bytes
}

/** Whether two JSON values say the same, whatever the order of their keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  if (Array.isArray(a) !== Array.isArray(b)) return false
  const [left, right] = [Object.entries(a), Object.entries(b)]
  const others = new Map(right)
  return (
    left.length === right.length && left.every(([key, value]) => others.has(key) && sameJson(value, others.get(key)))
  )
}
