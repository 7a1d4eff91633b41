/**
 * The part of Structured Field Values (RFC 8941) that HTTP message signatures use: dictionaries of inner lists and
 * items; strings, integers, booleans, tokens and byte sequences. Decimals do not occur there and are refused.
 */

export type Token = { token: string }
export type BareItem = string | number | boolean | Token | Buffer
export type Params = [key: string, value: BareItem][]
export type Item = { value: BareItem; params: Params }
export type InnerList = { items: Item[]; params: Params }
export type Member = Item | InnerList
export type Dictionary = Map<string, Member>

export const isInnerList = (member: Member): member is InnerList => 'items' in member

/** Thrown for anything that is not a structured field; carries the position, never the content. */
export class FieldError extends Error {
  constructor(what: string, at: number) {
    super(`${what} at character ${at}`)
    this.name = 'FieldError'
  }
}

const MAX_FIELD = 8192

/** Parses a dictionary (RFC 8941 §4.2.2). Throws FieldError. */
export function parseDictionary(text: string): Dictionary {
  if (text.length > MAX_FIELD) throw new FieldError('field too long', MAX_FIELD)
  const read = createReader(text)
  const dictionary: Dictionary = new Map()
  read.skip(/ */y)
  while (!read.atEnd()) {
    const key = read.match(KEY, 'key')
    dictionary.set(key, read.eat('=') ? parseMember(read) : { value: true, params: parseParams(read) })
    read.skip(/[ \t]*/y)
    if (read.atEnd()) break
    read.expect(',')
    read.skip(/[ \t]*/y)
    if (read.atEnd()) throw new FieldError('trailing comma', read.at())
  }
  return dictionary
}

const KEY = /[a-z*][a-z0-9_.*-]*/y

type Reader = {
  at(): number
  atEnd(): boolean
  eat(char: string): boolean
  expect(char: string): void
  skip(pattern: RegExp): void
  match(pattern: RegExp, what: string): string
}

function createReader(text: string): Reader {
  let at = 0
  const tryMatch = (pattern: RegExp): string | null => {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (!found) return null
    at += found[0].length
    return found[0]
  }
  const eat = (char: string): boolean => {
    if (text[at] !== char) return false
    at++
    return true
  }
  return {
    at: () => at,
    atEnd: () => at >= text.length,
    eat,
    expect(char) {
      if (!eat(char)) throw new FieldError(`'${char}' expected`, at)
    },
    skip: (pattern) => void tryMatch(pattern),
    match(pattern, what) {
      const found = tryMatch(pattern)
      if (found === null) throw new FieldError(`${what} expected`, at)
      return found
    },
  }
}

function parseMember(read: Reader): Member {
  if (!read.eat('(')) return parseItem(read)
  const items: Item[] = []
  for (;;) {
    read.skip(/ */y)
    if (read.eat(')')) return { items, params: parseParams(read) }
    items.push(parseItem(read))
    read.match(/(?=[ )])/y, 'space or closing bracket')
  }
}

const parseItem = (read: Reader): Item => ({ value: parseBareItem(read), params: parseParams(read) })

function parseParams(read: Reader): Params {
  const params: Params = []
  while (read.eat(';')) {
    read.skip(/ */y)
    const key = read.match(KEY, 'parameter name')
    const value = read.eat('=') ? parseBareItem(read) : true
    const before = params.findIndex(([k]) => k === key)
    if (before >= 0) params.splice(before, 1)
    params.push([key, value])
  }
  return params
}

function parseBareItem(read: Reader): BareItem {
  if (read.eat('"')) return parseString(read)
  if (read.eat(':')) {
    const text = read.match(/[A-Za-z0-9+/]*={0,2}(?=:)/y, 'base64')
    read.expect(':')
    return Buffer.from(text, 'base64')
  }
  if (read.eat('?')) return read.match(/[01]/y, 'boolean') === '1'
  const lead = read.match(/(?=[-0-9A-Za-z*])[A-Za-z*]?/y, 'item')
  if (lead) return { token: lead + read.match(/[A-Za-z0-9:/!#$%&'*+.^_`|~-]*/y, 'token') }
  const digits = read.match(/-?[0-9]{1,15}(?![0-9.])/y, 'integer')
  return Number(digits)
}

function parseString(read: Reader): string {
  const raw = read.match(/(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*/y, 'string')
  read.expect('"')
  return raw.replace(/\\(["\\])/g, '$1')
}

/** Serialises one value (RFC 8941 §4.1). Throws RangeError for text outside printable ASCII. */
export function encodeBareItem(value: BareItem): string {
  if (typeof value === 'string') {
    if (!/^[\x20-\x7e]*$/.test(value)) throw new RangeError('a structured field string is printable ASCII')
    return `"${value.replace(/["\\]/g, '\\$&')}"`
  }
  if (typeof value === 'number') return String(value)
  if (typeof value === 'boolean') return value ? '?1' : '?0'
  return Buffer.isBuffer(value) ? `:${value.toString('base64')}:` : value.token
}

export const encodeParams = (params: Params): string =>
  params.map(([key, value]) => (value === true ? `;${key}` : `;${key}=${encodeBareItem(value)}`)).join('')

export const encodeItem = (item: Item): string => encodeBareItem(item.value) + encodeParams(item.params)

export const encodeInnerList = (list: InnerList): string =>
  `(${list.items.map(encodeItem).join(' ')})${encodeParams(list.params)}`
