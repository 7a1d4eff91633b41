import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { buildVcon, isGranted, parseVcon, partiesByChannel } from './index.ts'
import type { JsonObject } from './json.ts'
import { bytesOf, codeOf, media, sample } from './testkit/samples.ts'

const vcon = (): any => structuredClone(buildVcon(sample))
const code = (json: unknown) => codeOf(parseVcon(bytesOf(json)))
const changed = (change: (json: any) => void): JsonObject => {
  const json = vcon()
  change(json)
  return json
}

describe('export and import', () => {
  it('give back what went in', async () => {
    const back = await parseVcon(bytesOf(buildVcon(sample)))
    expect(back).toMatchObject({
      ...sample,
      recordings: [{ ...sample.recordings[0], dialog: 0 }],
      version: '0.4.0',
      signed: false,
      encrypted: false,
      redacted: false,
      others: [],
      warnings: [],
    })
  })

  it('write the fields of 0.4.0', () => {
    const json = vcon()
    expect(json.extensions).toEqual(['CC', 'lawful_basis', 'verbale'])
    expect(json.dialog[0]).toMatchObject({ type: 'recording', encoding: 'base64url', duration: 93.12, parties: [0, 1] })
    expect(json.dialog[0].content_hash).toBe(`sha512-${createHash('sha512').update(media).digest('base64url')}`)
    expect(json.attachments[0]).toMatchObject({
      purpose: 'lawful_basis',
      encoding: 'json',
      body: { lawful_basis: 'consent' },
    })
    expect(json.parties[1]).toEqual({
      tel: '+39021234567',
      name: 'Bruno',
      role: 'customer',
      civicaddress: { country: 'IT' },
    })
  })

  it('any call there and back', async () => {
    const when = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
    const word = fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
    const party = fc.record(
      {
        role: fc.constantFrom('agent' as const, 'customer' as const, 'unknown' as const),
        address: fc.constantFrom('+390212345', 'sip:a@b.c', 'mailto:a@b.c', 'user@host', 'anna.rossi', '1234*9'),
        name: word,
        country: fc.constantFrom('IT', 'FR'),
      },
      { requiredKeys: ['role'] },
    )
    const gap = fc
      .record({ kind: word, fromMs: fc.nat(), length: fc.nat(), channel: fc.option(fc.nat(1)) })
      .map(({ length, ...g }) => ({ ...g, toMs: g.fromMs + length }))
    const recording = fc.record({
      start: when,
      durationMs: fc.option(fc.nat(86_400_000)),
      mediaType: fc.option(fc.constantFrom('audio/x-wav', 'audio/ogg')),
      filename: fc.option(word),
      media: fc.uint8Array({ minLength: 1, maxLength: 300 }).map((b) => Buffer.from(b)),
      channels: fc.array(fc.uniqueArray(fc.nat(2), { maxLength: 3 }), { maxLength: 2 }),
      originator: fc.option(fc.nat(2)),
      gaps: fc.array(gap, { maxLength: 4 }),
      contact: fc.record(
        { campaign: word, skill: word, interactionId: word, interactionType: word },
        { requiredKeys: [] },
      ),
    })
    const basis = fc.record({
      basis: fc.constantFrom('consent' as const, 'contract' as const),
      expiration: fc.option(when),
      grants: fc.array(
        fc.record({
          purpose: word,
          granted: fc.boolean(),
          grantedAt: when,
          conditions: fc.array(word, { maxLength: 2 }),
        }),
        { maxLength: 3 },
      ),
      party: fc.nat(2),
      dialog: fc.nat(3),
    })
    const call = fc.record({
      uuid: fc.uuid(),
      createdAt: when,
      updatedAt: fc.option(when),
      subject: fc.option(word),
      parties: fc.array(party, { minLength: 3, maxLength: 3 }),
      recordings: fc.array(recording, { maxLength: 3 }),
      lawfulBases: fc.array(basis, { maxLength: 3 }),
    })
    await fc.assert(
      fc.asyncProperty(call, async (input) => {
        const back = await parseVcon(bytesOf(buildVcon(input)))
        const { uuid, createdAt, updatedAt, subject, parties, recordings, lawfulBases } = back
        expect({ uuid, createdAt, updatedAt, subject, parties, recordings, lawfulBases }).toEqual({
          ...input,
          recordings: input.recordings.map((recording, dialog) => ({ ...recording, dialog })),
        })
      }),
      { numRuns: 200 },
    )
  })
})

describe('older drafts', () => {
  it('0.0.1: mimetype, alg and signature, base64', async () => {
    const json = {
      vcon: '0.0.1',
      uuid: sample.uuid,
      created_at: '2023-05-01T10:00:00.000+00:00',
      appended: {},
      parties: [
        { tel: '+1', role: 'Agent' },
        { tel: '+2', email: 'x@y.z' },
      ],
      dialog: [
        {
          type: 'recording',
          start: 1_682_935_200,
          duration: 3,
          parties: 0,
          mimetype: 'audio/x-wav',
          encoding: 'base64',
          body: media.toString('base64'),
          alg: 'SHA-512',
          signature: createHash('sha512').update(media).digest('base64url'),
          session_id: 'abc',
        },
        {
          type: 'text',
          start: '2023-05-01T10:00:00Z',
          parties: [0, 1],
          mimetype: 'text/plain',
          body: 'hello',
          encoding: 'none',
        },
      ],
      analysis: [{ type: 'transcript', dialog: 0, vendor: 'x', body: { text: 'hello' }, encoding: 'json' }],
      attachments: [],
    }
    const back = await parseVcon(bytesOf(json))
    expect(back).toMatchObject({ version: '0.0.1', warnings: ['older_field_names'] })
    expect(back.recordings[0]).toMatchObject({ media, mediaType: 'audio/x-wav', channels: [[0]], durationMs: 3000 })
    expect(back.recordings[0]!.start).toEqual(new Date('2023-05-01T10:00:00Z'))
    expect(back.others.map((part) => [part.kind, part.index, part.type])).toEqual([
      ['dialog', 1, 'text'],
      ['analysis', 0, 'transcript'],
    ])
    json.dialog[0]!.signature = createHash('sha512').update('other').digest('base64url')
    expect(await code(json)).toBe('vcon_hash_mismatch')
  })

  it('0.0.2 and 0.3: must_support is critical', async () => {
    expect(
      await code(
        changed((v) => Object.assign(v, { vcon: '0.3.0', critical: undefined, must_support: ['unheard-of'] })),
      ),
    ).toBe('vcon_critical_extension')
    expect(await code(changed((v) => (v.critical = ['CC', 'verbale', 'lawful_basis'])))).toBe('accepted')
  })

  it('base64 under the name of base64url is read, and said', async () => {
    const back = await parseVcon(bytesOf(changed((v) => (v.dialog[0].body = media.toString('base64')))))
    expect(back.recordings[0]!.media).toEqual(media)
    expect(back.warnings).toEqual(['body_alphabet'])
  })

  it('a version of the future is read, and said', async () => {
    expect((await parseVcon(bytesOf(changed((v) => (v.vcon = '1.0.0'))))).warnings).toEqual(['unknown_version'])
    expect((await parseVcon(bytesOf(changed((v) => delete v.vcon)))).version).toBeNull()
  })
})

describe('content elsewhere', () => {
  const url = 'https://pbx.example.com/calls/1.wav'
  const outside = changed((v) => {
    delete v.dialog[0].body
    v.dialog[0].url = url
  })

  it('is never fetched', async () => {
    expect(await code(outside)).toBe('vcon_external_content')
  })

  it('is taken when given along, and checked', async () => {
    const given = new Map([[url, media]])
    expect((await parseVcon(bytesOf(outside), { content: given })).recordings[0]!.media).toEqual(media)
    expect(await codeOf(parseVcon(bytesOf(outside), { content: new Map([[url, Buffer.from('other')]]) }))).toBe(
      'vcon_hash_mismatch',
    )
    const { content_hash: _, ...dialog } = (outside['dialog'] as any[])[0]
    const without = { ...outside, dialog: [dialog] }
    expect((await parseVcon(bytesOf(without), { content: given })).warnings).toEqual(['hash_missing'])
  })
})

describe('refused', () => {
  const cases: [string, unknown, string][] = [
    ['an empty object', {}, 'vcon_unknown_form'],
    ['a list', [], 'vcon_malformed'],
    ['no uuid', changed((v) => delete v.uuid), 'vcon_malformed'],
    ['a uuid that is none', changed((v) => (v.uuid = '../../etc')), 'vcon_malformed'],
    ['no creation time', changed((v) => delete v.created_at), 'vcon_malformed'],
    ['a time that is none', changed((v) => (v.dialog[0].start = 'yesterday')), 'vcon_malformed'],
    ['a party nobody is', changed((v) => (v.dialog[0].parties = [0, 7])), 'vcon_malformed'],
    ['a party by name', changed((v) => (v.dialog[0].parties = ['Anna'])), 'vcon_malformed'],
    ['a body that is no base64', changed((v) => (v.dialog[0].body = 'not base64!')), 'vcon_malformed'],
    ['no body', changed((v) => delete v.dialog[0].body), 'vcon_malformed'],
    ['a changed body', changed((v) => (v.dialog[0].body = 'AAAA')), 'vcon_hash_mismatch'],
    ['a hash of no known kind', changed((v) => (v.dialog[0].content_hash = 'md5-AAAA')), 'vcon_malformed'],
    [
      'one wrong hash of two',
      changed((v) => (v.dialog[0].content_hash = [v.dialog[0].content_hash, 'sha256-AAAA'])),
      'vcon_hash_mismatch',
    ],
    ['a negative duration', changed((v) => (v.dialog[0].duration = -1)), 'vcon_malformed'],
    ['dialogs that are a text', changed((v) => (v.dialog = 'x')), 'vcon_malformed'],
    ['a party that is a number', changed((v) => (v.parties = [1])), 'vcon_malformed'],
    ['gaps that end before they begin', changed((v) => (v.dialog[0].verbale.gaps[0].to_ms = 0)), 'vcon_malformed'],
  ]
  it.each(cases)('%s', async (_, json, wanted) => {
    expect(await code(json)).toBe(wanted)
  })

  it('what is no JSON, with a message that quotes nothing', async () => {
    for (const bytes of [
      Buffer.from(''),
      Buffer.from('RIFF'),
      Buffer.from('{"uuid": "secret'),
      Buffer.from([0x7b, 0xff, 0x7d]),
    ]) {
      const problem = await parseVcon(bytes).catch((e: Error) => e)
      expect(problem).toMatchObject({ code: 'vcon_malformed' })
      expect((problem as Error).message).not.toContain('secret')
    }
  })

  it('too large, too deep, too many, before parsing', async () => {
    const small = (limits: object) => codeOf(parseVcon(bytesOf(vcon()), { limits }))
    expect(await small({ maxBytes: 100 })).toBe('vcon_too_large')
    expect(await small({ maxValues: 10 })).toBe('vcon_too_large')
    expect(await small({ maxDepth: 2 })).toBe('vcon_too_large')
    expect(await small({ maxDialogs: 0 })).toBe('vcon_too_large')
    expect(await small({ maxParties: 1 })).toBe('vcon_too_large')
    expect(await codeOf(parseVcon(Buffer.alloc(20_000_000, '[')))).toBe('vcon_too_large')
    expect(await codeOf(parseVcon(Buffer.from(`{"a":[${'0,'.repeat(2_000_000)}0]}`)))).toBe('vcon_too_large')
    expect(await codeOf(parseVcon(Buffer.from(`{"a":"${'\\\\"'.repeat(10)}`)))).toBe('vcon_malformed')
  })

  it('any change to any byte gives an answer', async () => {
    const seed = bytesOf(vcon())
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(seed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 5 }),
        async (list) => {
          const bytes = Buffer.from(seed)
          for (const [at, byte] of list) bytes[at] = byte
          expect(await codeOf(parseVcon(bytes))).toMatch(/^(accepted|vcon_[a-z_]+)$/)
        },
      ),
      { numRuns: 500 },
    )
  })

  it('any JSON in the place of any field gives an answer', async () => {
    const fields = [
      'parties',
      'dialog',
      'analysis',
      'attachments',
      'amended',
      'critical',
      'subject',
      'redacted',
      'payload',
      'ciphertext',
    ]
    const inner = [
      'body',
      'encoding',
      'parties',
      'url',
      'content_hash',
      'mediatype',
      'verbale',
      'alg',
      'signature',
      'session_id',
      'campaign',
    ]
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...fields),
        fc.constantFrom(...inner),
        fc.jsonValue(),
        fc.boolean(),
        async (field, part, value, deep) => {
          const json = changed((v) => {
            if (deep) v.dialog[0][part] = value
            else v[field] = value
          })
          expect(await code(json)).toMatch(/^(accepted|vcon_[a-z_]+)$/)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('lawful basis', () => {
  const { lawfulBases } = sample
  const during = Date.UTC(2026, 4, 1)

  it('the most restrictive grant wins, and silence is no', () => {
    expect(isGranted(lawfulBases, 'recording', during)).toBe(true)
    expect(isGranted(lawfulBases, 'training', during)).toBe(false)
    expect(isGranted(lawfulBases, 'analytics', during)).toBe(false)
    expect(isGranted(lawfulBases, 'recording', Date.UTC(2027, 0, 1))).toBe(false)
    expect(isGranted(lawfulBases, 'recording', Date.UTC(2026, 1, 1))).toBe(false)
    const refused = { ...lawfulBases[0]!, grants: [{ ...lawfulBases[0]!.grants[0]!, granted: false }] }
    expect(isGranted([...lawfulBases, refused], 'recording', during)).toBe(false)
  })

  it('one that cannot be read is kept and said, never guessed', async () => {
    for (const body of [
      'nonsense',
      { lawful_basis: 'because' },
      { lawful_basis: 'consent' },
      { lawful_basis: 'consent', purpose_grants: [{}] },
    ]) {
      const back = await parseVcon(bytesOf(changed((v) => (v.attachments[0].body = body))))
      expect(back).toMatchObject({
        lawfulBases: [],
        warnings: ['lawful_basis_unreadable'],
        others: [{ kind: 'attachment', index: 0 }],
      })
    }
  })

  it('is read from a JSON text too', async () => {
    const back = await parseVcon(
      bytesOf(changed((v) => (v.attachments[0].body = JSON.stringify(v.attachments[0].body)))),
    )
    expect(back.lawfulBases).toEqual(lawfulBases)
  })
})

describe('parties by channel', () => {
  it('mono holds everyone; a list that does not fit places nobody', () => {
    expect(partiesByChannel({ channels: [[0], [1]] }, 2)).toEqual([[0], [1]])
    expect(partiesByChannel({ channels: [[0], [1], [0]] }, 1)).toEqual([[0, 1]])
    expect(partiesByChannel({ channels: [[0]] }, 2)).toEqual([[], []])
  })
})
