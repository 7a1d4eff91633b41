import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { MAX_BODY_BYTES, MAX_HEAD_BYTES, readDatagram, StreamFramer, type Framed } from './framer.ts'

const head = (n: number, length: number): string =>
  `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK${n}\r\nFrom: <sip:a@b>;tag=1\r\nTo: <sip:b@b>\r\nCall-ID: ${n}\r\nCSeq: 1 OPTIONS\r\nContent-Length: ${length}\r\n\r\n`
const whole = (n: number, body: string): Buffer => Buffer.from(head(n, body.length) + body)

function feed(bytes: Buffer, cuts: readonly number[]): Framed[] {
  const framer = new StreamFramer()
  const found: Framed[] = []
  let at = 0
  for (const cut of [...cuts.map((c) => c % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length]) {
    found.push(...framer.push(bytes.subarray(at, cut)))
    at = cut
  }
  return found
}

const bodies = (found: readonly Framed[]): string[] =>
  found.map((f) => (f.type === 'message' && f.message.kind === 'request' ? f.message.body.toString() : f.type))

describe('stream framing', () => {
  it('finds the same messages however the bytes are cut, keep-alives between', () => {
    const stream = Buffer.concat([
      whole(1, 'one'),
      Buffer.from('\r\n\r\n'),
      whole(2, ''),
      Buffer.from('\r\n'),
      whole(3, 'v=0\r\n\r\nx'),
      Buffer.from('\r\n\r\n'),
    ])
    const expected = ['one', 'ping', '', 'v=0\r\n\r\nx', 'ping']
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 30 }), (cuts) => {
        expect(bodies(feed(stream, cuts))).toEqual(expected)
      }),
    )
    expect(bodies(feed(stream, [...stream.keys()]))).toEqual(expected)
  })

  it.each([
    ['text', 'Content-Length: abc'],
    ['negative', 'Content-Length: -1'],
    ['repeated', 'Content-Length: 0\r\nl: 0'],
    ['absent', 'Subject: none'],
    ['too large', `Content-Length: ${MAX_BODY_BYTES + 1}`],
  ])('gives up the stream when Content-Length is %s, with a message to refuse', (_, line) => {
    const bytes = Buffer.from(head(1, 0).replace('Content-Length: 0', line))
    const found = feed(Buffer.concat([bytes, whole(2, 'x')]), [])
    expect(found).toHaveLength(1)
    expect(found[0]).toMatchObject({ type: 'fatal', message: { kind: 'bad', status: 400 } })
  })

  it('gives up on a head without an end, holding no more than its limit', () => {
    const framer = new StreamFramer()
    let found: Framed[] = []
    for (let i = 0; i < 100 && found.length === 0; i++) found = framer.push(Buffer.alloc(1000, 'x'))
    expect(found[0]).toMatchObject({ type: 'fatal' })
    expect(framer.held).toBe(0)
    expect(framer.push(whole(1, ''))).toEqual([])
    expect(feed(Buffer.concat([Buffer.alloc(MAX_HEAD_BYTES + 1, 'x'), Buffer.from('\r\n\r\n')]), [])[0]).toMatchObject({
      type: 'fatal',
    })
  })

  it('lets go of what it has handed over', () => {
    const framer = new StreamFramer()
    for (let i = 0; i < 1000; i++) framer.push(whole(i, 'x'.repeat(2000)))
    expect(framer.held).toBe(0)
    expect(framer.partial).toBe(false)
  })

  it('never throws, whatever is changed in a sound message', () => {
    const sound = whole(1, 'v=0\r\no=- 1 1 IN IP4 1.2.3.4\r\n')
    const edit = fc.record({
      at: fc.nat(sound.length - 1),
      remove: fc.nat(20),
      insert: fc.oneof(fc.string({ maxLength: 8 }), fc.constantFrom('\r\n', '"', '<', ';', '\0', ',,', '\r', '::')),
    })
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 6 }), fc.array(fc.nat(), { maxLength: 5 }), (edits, cuts) => {
        let text = sound.toString('latin1')
        for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove)
        const bytes = Buffer.from(text, 'latin1')
        expect(() => readDatagram(bytes)).not.toThrow()
        expect(() => feed(bytes, cuts)).not.toThrow()
      }),
      { numRuns: 2000 },
    )
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 500 }),
        (bytes) => void (readDatagram(Buffer.from(bytes)), feed(Buffer.from(bytes), [])),
      ),
    )
  })

  it('takes time in proportion to hostile input', () => {
    const spaces = ' '.repeat(60_000)
    for (const hostile of [
      `From: ${spaces}x`,
      `To: "${'\\"'.repeat(30_000)}`,
      `Via: SIP${spaces}/2.0`,
      `Contact: ${'<'.repeat(60_000)}`,
      `Contact: ${';a='.repeat(20_000)}`,
      `Max-Forwards: ${'9'.repeat(60_000)}`,
    ]) {
      expect(readDatagram(Buffer.from(head(1, 0).replace('Call-ID', `${hostile}\r\nCall-ID`)))).not.toBeUndefined()
    }
  })
})
