import { malformed, tooLarge } from './problems.ts'
import type { VconLimits } from './types.ts'

export type JsonObject = Record<string, unknown>

const QUOTE = 0x22
const BACKSLASH = 0x5c

/**
 * Counts depth and values before parsing, so that a hostile file cannot make the parser allocate gigabytes: a byte of
 * input can cost a hundred bytes of objects. Strings (the media) are skipped over with `indexOf`.
 */
function guard(bytes: Buffer, limits: VconLimits): void {
  let depth = 0
  let values = 1
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!
    if (byte === QUOTE) i = stringEnd(bytes, i)
    else if (byte === 0x7b || byte === 0x5b) {
      values++
      if (++depth > limits.maxDepth) throw tooLarge('nesting', limits.maxDepth)
    } else if (byte === 0x7d || byte === 0x5d) depth--
    else if (byte === 0x2c) values++
    if (values > limits.maxValues) throw tooLarge('JSON', limits.maxValues)
  }
}

function stringEnd(bytes: Buffer, start: number): number {
  for (let at = bytes.indexOf(QUOTE, start + 1); at !== -1; at = bytes.indexOf(QUOTE, at + 1)) {
    let slashes = 0
    while (bytes[at - 1 - slashes] === BACKSLASH) slashes++
    if (slashes % 2 === 0) return at
  }
  throw malformed('a JSON string does not end')
}

/**
 * Parses a JSON object within limits.
 * @throws Problem `vcon_too_large`, `vcon_malformed` (not UTF-8, not JSON, not an object)
 */
export function parseObject(bytes: Buffer, limits: VconLimits): JsonObject {
  if (bytes.length > limits.maxBytes) throw tooLarge('bytes', limits.maxBytes)
  guard(bytes, limits)
  let value: unknown
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    // The parser's own message quotes the file.
    throw malformed('it is not JSON in UTF-8')
  }
  if (!isObject(value)) throw malformed('it is not a JSON object')
  return value
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A text, or null when absent. @throws Problem `vcon_malformed` when it is something else */
export function text(value: unknown, where: string): string | null {
  if (value === undefined || value === null) return null
  if (typeof value !== 'string') throw malformed(`${where} is not a text`)
  return value
}

/** An array of objects; empty when absent. */
export function objects(value: unknown, where: string, max: number): JsonObject[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value)) throw malformed(`${where} is not a list`)
  if (value.length > max) throw tooLarge(where, max)
  return value.map((entry: unknown, i) => {
    if (!isObject(entry)) throw malformed(`${where}[${i}] is not an object`)
    return entry
  })
}

/** RFC 3339, or seconds since the epoch as the first libraries wrote. */
export function date(value: unknown, where: string): Date | null {
  if (value === undefined || value === null || value === '') return null
  const at =
    typeof value === 'number'
      ? new Date(value * 1000)
      : typeof value === 'string' && /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d/.test(value)
        ? new Date(value)
        : null
  if (!at || Number.isNaN(at.getTime()) || at.getUTCFullYear() > 9999 || at.getUTCFullYear() < 0)
    throw malformed(`${where} is not a time`)
  return at
}

/** An index into a list of `length`. */
export function index(value: unknown, length: number, where: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value >= length)
    throw malformed(`${where} names nothing in the vCon`)
  return value
}
