/** Just enough of a DER writer to make certificates and tokens, right and wrong ones. */

function value(tag: number, content: Buffer): Buffer {
  const { length } = content
  if (length < 128) return Buffer.concat([Buffer.of(tag, length), content])
  const size = length < 256 ? Buffer.of(length) : Buffer.of(length >> 8, length & 0xff)
  return Buffer.concat([Buffer.of(tag, 0x80 | size.length), size, content])
}

export const sequence = (...members: Buffer[]): Buffer => value(0x30, Buffer.concat(members))
/** SET OF: sorted, as DER demands. */
export const setOf = (...members: Buffer[]): Buffer =>
  value(0x31, Buffer.concat(members.toSorted((a, b) => a.compare(b))))
export const context = (number: number, ...members: Buffer[]): Buffer => value(0xa0 | number, Buffer.concat(members))
/** A primitive value with a context tag. */
export const implicit = (number: number, content: Buffer): Buffer => value(0x80 | number, content)
export const octets = (content: Buffer): Buffer => value(0x04, content)
export const bits = (content: Buffer, unused = 0): Buffer => value(0x03, Buffer.concat([Buffer.of(unused), content]))
export const utf8 = (text: string): Buffer => value(0x0c, Buffer.from(text))
export const boolean = (truth: boolean): Buffer => value(0x01, Buffer.of(truth ? 0xff : 0))
export const none = (): Buffer => value(0x05, Buffer.alloc(0))

/** A non-negative INTEGER from a number or big-endian bytes. */
export function integer(content: number | Buffer): Buffer {
  let bytes = typeof content === 'number' ? bytesOf(content) : content
  while (bytes.length > 1 && bytes[0] === 0 && (bytes[1]! & 0x80) === 0) bytes = bytes.subarray(1)
  return value(0x02, bytes[0]! & 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes)
}

const bytesOf = (n: number): Buffer => {
  const hex = n.toString(16)
  return Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex')
}

export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return value(0x06, Buffer.concat([first * 40 + second, ...rest].map(base128)))
}

function base128(n: number): Buffer {
  const bytes = [n % 128]
  for (let left = Math.floor(n / 128); left > 0; left = Math.floor(left / 128)) bytes.unshift(0x80 | (left % 128))
  return Buffer.from(bytes)
}

/** GeneralizedTime of ms since the epoch; a fraction only where there is one. */
export function generalizedTime(ms: number): Buffer {
  const [date = '', fraction = ''] = new Date(ms)
    .toISOString()
    .replace(/[-:TZ]/g, '')
    .split('.')
  const tail = fraction.replace(/0+$/, '')
  return value(0x18, Buffer.from(`${date}${tail && `.${tail}`}Z`))
}

/** UTCTime, whole seconds: what certificates carry before 2050 (RFC 5280 §4.1.2.5). */
export const utcTime = (ms: number): Buffer =>
  value(0x17, Buffer.from(`${new Date(ms).toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`))
