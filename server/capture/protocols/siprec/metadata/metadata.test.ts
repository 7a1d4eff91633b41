import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metadata } from '../testkit/messages.ts'
import { applyMetadata, EMPTY, type Snapshot } from './snapshot.ts'
import { MetadataFault, readXml } from './xml.ts'

const read = (text: string | Buffer, known = EMPTY): Snapshot => applyMetadata(known, readXml(Buffer.from(text)))
const faultOf = (text: string): unknown => {
  try {
    read(text)
    return null
  } catch (e) {
    return e
  }
}
const named = (name: string): string => metadata([{ aor: 'sip:1@h', name }], ['1'])
const nameIn = (bytes: Buffer): string | undefined => read(bytes).participants[0]?.name

describe('recording metadata', () => {
  it('reads RFC 7865', () => {
    expect(read(metadata([{ aor: 'sip:anna@h', name: 'Anna' }, { aor: 'tel:+39061' }], ['1', '0']))).toEqual({
      groups: ['g1'],
      sessions: [{ id: 'cs', sipSessionId: 'ab12;remote=cd34' }],
      participants: [
        { id: 'p0', address: 'sip:anna@h', name: 'Anna', sends: ['s0'], calling: undefined },
        { id: 'p1', address: 'tel:+39061', name: undefined, sends: ['s1'], calling: undefined },
      ],
      streams: [
        { id: 's0', label: '1' },
        { id: 's1', label: '0' },
      ],
      vendor: {},
    })
  })

  it('reads the drafts: other ids, send inside the participant, a vendor hint of the caller', () => {
    const text = `<recording xmlns='urn:ietf:params:xml:ns:recording'><dataMode>complete</dataMode><session id="S+/="/>
      <participant id="P1" session="S+/="><nameID aor="sip:9@10.0.0.1"><name>9</name></nameID><send>A==</send>
        <extensiondata xmlns:apkt="x"><apkt:callingParty>true</apkt:callingParty></extensiondata></participant>
      <participant id="P2"><nameID aor="7@10.0.0.1"><name> </name></nameID><send>B==</send><extensiondata><callingParty>false</callingParty></extensiondata></participant>
      <stream id="A==" session="S+/="><label>16777227</label></stream><stream id="B=="><label>16777228</label></stream></recording>`
    const { participants, streams } = read(text)
    expect(participants).toEqual([
      { id: 'P1', address: 'sip:9@10.0.0.1', name: '9', sends: ['A=='], calling: true },
      { id: 'P2', address: 'sip:7@10.0.0.1', name: undefined, sends: ['B=='], calling: false },
    ])
    expect(streams[1]).toEqual({ id: 'B==', label: '16777228' })
  })

  it('reads a prefixed document with a call record of the vendor, escaped headers and all', () => {
    const text = `<r:recording xmlns:r="u"><r:group group_id="G"><callData xmlns="urn:ietf:params:xml:ns:callData"><fromhdr>"Line 8" &lt;sip:800@h&gt;;tag=1</fromhdr><tohdr>&lt;sip:12@h&gt;</tohdr><callid>c-1</callid><gcid>99</gcid></callData></r:group><r:participant participant_id="a"/></r:recording>`
    expect(read(text)).toMatchObject({
      groups: ['G'],
      vendor: { from: '"Line 8" <sip:800@h>;tag=1', to: '<sip:12@h>', callId: '99' },
    })
  })

  it('reads the subscriber and direction of a hosted exchange', () => {
    const text = `<recording_metadata xmlns="urn:x:siprec"><extensiondata><broadWorksRecordingMetadata><extTrackingID>T:1</extTrackingID><userID>anna@shop.example</userID><callType><termCall><callingPartyNumber>+3906</callingPartyNumber><calledPartyNumber>201</calledPartyNumber></termCall></callType></broadWorksRecordingMetadata></extensiondata></recording_metadata>`
    expect(read(text).vendor).toEqual({
      subscriber: 'anna@shop.example',
      callId: 'T:1',
      direction: 'inbound',
      from: '+3906',
      to: '201',
    })
  })

  it('survives empty associations, participants without names, and parameters in names', () => {
    const text =
      '<recording><participant participant_id="p"><nameID/></participant><participantstreamassoc participant_id="p"/><participantstreamassoc/><stream/><session/></recording>'
    expect(read(text).participants).toEqual([
      { id: 'p', address: undefined, name: undefined, sends: [], calling: undefined },
    ])
    expect(nameIn(Buffer.from(named('test_user;lang=en-US;id=22')))).toBe('test_user')
  })

  it('merges what is partial, replaces by what is complete', () => {
    const known = read(metadata([{ aor: 'sip:1@h', name: 'One' }, { aor: 'sip:2@h' }], ['1', '2']))
    const partial = read(
      '<recording><datamode>Partial</datamode><participant participant_id="p1"><nameID aor="sip:3@h"/></participant><participant participant_id="p9"/><participantstreamassoc participant_id="p9"><send>s1</send></participantstreamassoc><stream stream_id="s1"><label>22</label></stream></recording>',
      known,
    )
    expect(partial.participants.map(({ id, address, sends }) => [id, address, sends])).toEqual([
      ['p0', 'sip:1@h', ['s0']],
      ['p1', 'sip:3@h', ['s1']],
      ['p9', undefined, ['s1']],
    ])
    expect(partial.streams.map(({ label }) => label)).toEqual(['1', '22'])
    const left = read(
      '<recording><datamode>partial</datamode><participantsessionassoc participant_id="p0"><disassociate-time>2026-01-01T00:00:00Z</disassociate-time></participantsessionassoc></recording>',
      partial,
    )
    expect(left.participants.map(({ id }) => id)).toEqual(['p1', 'p9'])
    expect(read(metadata([{ aor: 'sip:8@h' }], ['8']), partial).participants).toHaveLength(1)
  })

  it('takes a truncated document for what it still says', () => {
    const whole = metadata([{ aor: 'sip:1@h' }, { aor: 'sip:2@h' }], ['1', '2'])
    const known = read(whole)
    const cut = read(whole.replace('sip:1@h', 'sip:7@h').slice(0, whole.indexOf('participant_id="p1"') + 10), known)
    expect(cut.participants.map(({ address }) => address)).toEqual(['sip:7@h', 'sip:2@h'])
    expect(cut.streams).toHaveLength(2)
  })

  it.each([
    ['Rossi & Figli <3', 'Rossi & Figli <3'],
    ['Anna <anna@example.it>', 'Anna <anna@example.it>'],
    ['a < b & c > d', 'a < b & c > d'],
    ['&nosuch; & &#65;', '&nosuch; & A'],
  ])('salvages the rest when a display name was not escaped: %s', (name, expected) => {
    const document = readXml(Buffer.from(named(name)))
    expect(document.shape).toBe('mended')
    const { participants, streams } = applyMetadata(EMPTY, document)
    expect(participants[0]).toMatchObject({ address: 'sip:1@h', name: expected, sends: ['s0'] })
    expect(streams).toHaveLength(1)
  })

  it('takes CDATA verbatim and decodes entities elsewhere', () => {
    expect(nameIn(Buffer.from(named('<![CDATA[A & B &lt;]]>')))).toBe('A & B &lt;')
    expect(nameIn(Buffer.from(named('Sant&#x27;Anna &amp; C&#46;')))).toBe("Sant'Anna & C.")
  })

  it('reads UTF-8, UTF-16 of both orders, Latin-1 and Windows-1252, declared or not', () => {
    const text = named('Müller — Œuvre')
    const utf16 = Buffer.from(`\uFEFF${text}`, 'utf16le')
    expect(nameIn(Buffer.from(text))).toBe('Müller — Œuvre')
    expect(nameIn(Buffer.from(`\uFEFF${text}`))).toBe('Müller — Œuvre')
    expect(nameIn(utf16)).toBe('Müller — Œuvre')
    expect(nameIn(Buffer.from(utf16).swap16())).toBe('Müller — Œuvre')
    expect(nameIn(utf16.subarray(2))).toBe('Müller — Œuvre')
    expect(nameIn(Buffer.from(named('Müller').replace('UTF-8', 'ISO-8859-1'), 'latin1'))).toBe('Müller')
    const wrong = readXml(Buffer.from(named('Müller'), 'latin1'))
    expect(wrong.misencoded).toBe(true)
    expect(applyMetadata(EMPTY, wrong).participants[0]?.name).toBe('Müller')
  })

  it.each([
    ['a document type', '<!DOCTYPE recording [<!ENTITY a "aaaa">]><recording>&a;</recording>'],
    ['an external entity', '<!DOCTYPE r SYSTEM "file:///etc/passwd"><recording/>'],
    ['10 MB', `<recording>${' '.repeat(10_000_000)}</recording>`],
    ['another root', '<html/>'],
    ['no XML', 'XXXXXXXX'],
    ['nothing', ''],
    ['a document that names nothing', '<recording>&'],
    ['endless depth', `<recording>${'<a>'.repeat(5000)}`],
    ['a name that would poison objects', '<recording><__proto__><a/></__proto__></recording>'],
  ])('refuses %s', (_, text) => {
    expect(() => read(text)).toThrow(MetadataFault)
  })

  it('throws nothing but MetadataFault', () => {
    const sound = named('A & B')
    const edit = fc.record({
      at: fc.nat(sound.length),
      remove: fc.nat(30),
      insert: fc.oneof(
        fc.string({ maxLength: 6 }),
        fc.constantFrom('<', '>', '</', '&', '"', '<![CDATA[', '<?', '<!--', 'constructor'),
      ),
    })
    fc.assert(
      fc.property(fc.array(edit, { maxLength: 6 }), (edits) => {
        let text = sound
        for (const { at, remove, insert } of edits) text = text.slice(0, at) + insert + text.slice(at + remove)
        expect(faultOf(text)).toSatisfy((e) => e === null || e instanceof MetadataFault)
      }),
      { numRuns: 2000 },
    )
  })
})
