import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { splitMultipart } from './multipart.ts'

const split = (text: string, type = 'multipart/mixed;boundary=edge'): [string, string][] =>
  splitMultipart(Buffer.from(text, 'latin1'), type).map(({ type: t, content }) => [t, content.toString('latin1')])
const part = (type: string, content: string, eol = '\r\n'): string =>
  `--edge${eol}Content-Type: ${type}${eol}${eol}${content}${eol}`

describe('multipart bodies', () => {
  const two: [string, string][] = [
    ['application/sdp', 'v=0\r\n'],
    ['text/xml', '<a/>\n<b/>'],
  ]
  it.each([
    ['CRLF', part('application/sdp', 'v=0\r\n') + part('text/xml', '<a/>\n<b/>') + '--edge--\r\n'],
    [
      'a preamble and an epilogue',
      `ignored\r\n${part('application/sdp', 'v=0\r\n')}${part('text/xml', '<a/>\n<b/>')}--edge--\r\nignored`,
    ],
    [
      'spaces after the delimiters',
      (part('application/sdp', 'v=0\r\n') + part('text/xml', '<a/>\n<b/>') + '--edge--').replaceAll(
        '--edge\r\n',
        '--edge \t\r\n',
      ),
    ],
    [
      'no closing delimiter',
      part('application/sdp', 'v=0\r\n') +
        `--edge\r\nContent-Type:text/ xml;charset=x\r\nContent-Length: 9\r\n\r\n<a/>\n<b/>`,
    ],
    ['a blank line in front', `\r\n${part('application/sdp', 'v=0\r\n')}${part('text/xml', '<a/>\n<b/>')}--edge--`],
  ])('splits with %s', (_, text) => {
    expect(split(text)).toEqual(two)
  })

  it('splits bodies of bare line feeds and finds quoted, wrong and missing boundaries', () => {
    const text = part('a/b', 'one', '\n') + part('c/d', 'two', '\n') + '--edge--\n'
    for (const type of [
      'multipart/mixed; boundary="edge"',
      'multipart/mixed;type="a/b";BOUNDARY = edge ;x=y',
      'multipart/mixed;boundary=other',
      'multipart/mixed',
    ]) {
      expect(split(text, type)).toEqual([
        ['a/b', 'one'],
        ['c/d', 'two'],
      ])
    }
  })

  it('does not take the boundary inside a line, or a longer one, for a delimiter', () => {
    expect(split(part('a/b', 'x --edge y\r\n--edges\r\nz') + '--edge--')).toEqual([
      ['a/b', 'x --edge y\r\n--edges\r\nz'],
    ])
  })

  it('flattens nested multiparts, to a depth', () => {
    const inner = '--in\r\nContent-Type: a/b\r\n\r\none\r\n--in\r\n\r\nbare\r\n--in--\r\n'
    expect(split(part('multipart/alternative;boundary=in', inner) + part('c/d', 'two') + '--edge--')).toEqual([
      ['a/b', 'one'],
      ['', 'bare'],
      ['c/d', 'two'],
    ])
    let deep = 'x'
    for (let i = 0; i < 50; i++)
      deep = `--edge${i}\r\nContent-Type: multipart/mixed;boundary=edge${i - 1}\r\n\r\n${deep}\r\n--edge${i}--\r\n`
    expect(split(deep, 'multipart/mixed;boundary=edge49')).toHaveLength(1)
  })

  it('returns nothing without delimiters, and at most 32 parts', () => {
    expect(split('no parts here')).toEqual([])
    expect(split(part('a/b', 'x').repeat(500))).toHaveLength(32)
  })

  it('gives back any bytes unchanged', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const content = Buffer.from(bytes)
        if (content.includes('--edge')) return
        const body = Buffer.concat([
          Buffer.from('--edge\r\nContent-Type: a/b\r\n\r\n'),
          content,
          Buffer.from('\r\n--edge--\r\n'),
        ])
        expect(splitMultipart(body, 'multipart/mixed;boundary=edge')[0]?.content).toEqual(content)
      }),
    )
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('-', 'e', '\r', '\n', ':', ' ', 'edge', '--edge'), maxLength: 60 }),
        (text) => void split(text),
      ),
    )
  })
})
