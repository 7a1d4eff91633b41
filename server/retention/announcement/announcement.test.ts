import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { AnnouncementTexts } from '../../../contract/models/consent.ts'
import type { Organisation, PurposeEntry } from '../../../contract/models/retention.ts'
import { testDatabase, type TestDatabase } from '../../platform/testkit/database.ts'
import { rule } from '../../policy/testkit/fixtures.ts'
import { seededEntries } from '../register/seed.ts'
import { actor, custom, http, organisation, registerWith, surroundings } from '../testkit/governance.ts'
import { createAnnouncement } from './announcement.ts'
import { missingOf, purposesOfLiveCalls, textsOf } from './text.ts'
import { joined, spanWords } from './words.ts'

const among = (keys: string[], entries = seededEntries()): PurposeEntry[] =>
  entries.filter((entry) => keys.includes(entry.key))
const texts = (keys: string[], who: Organisation | null = organisation()): AnnouncementTexts =>
  textsOf({ organisation: who, entries: among(keys) })!
const everything = ['evidence', 'training', 'analytics', 'assist']

describe('what a caller is told', () => {
  it('recorded unless the caller says no', () => {
    const { it, fr, en } = texts(['evidence', 'training']).objection
    expect(it.short).toBe(
      'Acme S.p.A.: questa chiamata può essere registrata per documentare quanto concordato e formare il nostro personale; è conservata al massimo 5\u00a0anni. Per opporsi, in qualsiasi momento, prema 9 o lo dica all’operatore. Informativa e DPO: acme.example/privacy.',
    )
    expect(fr.short).toBe(
      'Acme S.p.A.\u00a0: cet appel est susceptible d’être enregistré pour prouver ce qui a été convenu et former nos conseillers\u00a0; il est conservé 5\u00a0ans au maximum. Pour vous y opposer, à tout moment, tapez 9 ou dites-le à votre conseiller. Informations et DPO\u00a0: acme.example/privacy.',
    )
    expect(en.short).toBe(
      'Acme S.p.A.: this call may be recorded to prove what was agreed and train our staff; it is kept for at most 5\u00a0years. To object, at any time, press 9 or tell the agent. Full notice and data protection officer: acme.example/privacy.',
    )
  })

  it('recorded only after a yes', () => {
    const { it, fr, en } = texts(['training']).opt_in
    expect(it.short).toBe(
      'Acme S.p.A. desidera registrare questa chiamata per formare il nostro personale; sarà conservata al massimo 6\u00a0mesi. Se acconsente, prema 1 o dica sì; altrimenti non registriamo. Può cambiare idea in qualsiasi momento. Informativa e DPO: acme.example/privacy.',
    )
    expect(fr.short).toBe(
      'Acme S.p.A. souhaite enregistrer cet appel pour former nos conseillers\u00a0; il sera conservé 6\u00a0mois au maximum. Si vous acceptez, tapez 1 ou dites oui\u00a0; sinon, rien n’est enregistré. Vous pouvez changer d’avis à tout moment. Informations et DPO\u00a0: acme.example/privacy.',
    )
    expect(en.short).toBe(
      'Acme S.p.A. would like to record this call to train our staff; it will be kept for at most 6\u00a0months. If you agree, press 1 or say yes; otherwise we do not record. You may change your mind at any time. Full notice and data protection officer: acme.example/privacy.',
    )
  })

  it('software that keeps nothing', () => {
    expect(texts(['assist']).objection.en.short).toBe(
      'Acme S.p.A.: during the call, software may help the agent; nothing is recorded. To object, at any time, press 9 or tell the agent. Full notice and data protection officer: acme.example/privacy.',
    )
    expect(texts(['training', 'assist']).objection.it.short).toContain(
      ' Intanto un software può assistere l’operatore. ',
    )
    expect(texts(['training', 'assist']).opt_in.fr.short).toContain(
      ' Un logiciel peut assister le conseiller pendant l’appel. ',
    )
  })

  it('nobody has said who records', () => {
    const { objection, opt_in } = texts(['training'], null)
    expect(objection.en.short).toBe(
      'This call may be recorded to train our staff; it is kept for at most 6\u00a0months. To object, at any time, press 9 or tell the agent.',
    )
    expect(opt_in.it.short).toMatch(/^Desideriamo registrare questa chiamata/)
    expect(opt_in.fr.short).toMatch(/^Nous souhaitons enregistrer cet appel/)
    expect(missingOf(null)).toEqual(['name', 'contact', 'dpo'])
    const silent = { url: '', email: '', phone: '' }
    const dpo = { name: 'Ada Neri', email: '', phone: '' }
    expect(missingOf(organisation({ callers: silent, dpo, email: '' }))).toEqual(['contact', 'dpo'])
    expect(missingOf(organisation())).toEqual([])
  })

  it('the long text tells each purpose, the controller, the officer, the rights', () => {
    const { long } = texts(['evidence', 'analytics']).objection.en
    expect(long.split('\n').slice(1)).toEqual([
      '',
      'Evidence: The original recording, or only the part in which the contract is concluded, as proof of what was agreed or because the law demands it. Legal basis: performance of a contract (GDPR art. 6(1)(b)). Kept for at most 5\u00a0years.',
      'Analysis: Masked text and figures, no audio, to understand why customers call and to improve the service. Legal basis: legitimate interests (GDPR art. 6(1)(f)). Kept for at most 1\u00a0year. Software transcribes the call and recognises its topics; it judges nobody and recognises no emotion.',
      'Controller: Acme S.p.A., Via Roma 1, 20100 Milano.',
      'Data protection officer: Ada Neri, dpo@acme.example, +39 02 1234.',
      'You may ask for access to your data, for correction, erasure and restriction, object to the processing, withdraw your consent at any time, and complain to the supervisory authority: Garante per la protezione dei dati personali.',
    ])
    expect(texts(everything).objection.it.long).toContain(
      'Base giuridica: legittimo interesse (GDPR art. 6(1)(f)). Conservazione: al massimo 6\u00a0mesi.',
    )
    expect(texts(everything).objection.fr.long).toContain(
      'Base légale\u00a0: exécution d’un contrat (GDPR art. 6(1)(b)). Conservation\u00a0: 5\u00a0ans au maximum.',
    )
    expect(texts(everything).objection.fr.long).not.toMatch(/ [:;?!»]/)
  })

  it('is said in about twenty seconds', () => {
    for (const mode of ['objection', 'opt_in'] as const)
      for (const locale of ['it', 'fr', 'en'] as const) {
        expect(texts(['evidence', 'training'])[mode][locale].seconds).toBeLessThanOrEqual(20)
        expect(texts(everything)[mode][locale].seconds).toBeLessThanOrEqual(27)
      }
  })

  it('names the longest term of any country, in the words of the language', () => {
    const german = { country: 'DE', keep: { months: 14 }, audio: null, confirmationEnds: null, text: '' }
    const entries = [custom({ ceiling: { months: 24 }, countries: [german] })]
    expect(textsOf({ organisation: null, entries })?.objection.it.short).toContain('al massimo 14\u00a0mesi')
    expect(['it', 'fr', 'en'].map((l) => spanWords({ days: 1 }, l as 'it'))).toEqual([
      '1\u00a0giorno',
      '1\u00a0jour',
      '1\u00a0day',
    ])
    expect(spanWords({ months: 12 }, 'it')).toBe('1\u00a0anno')
    expect(joined(['a', 'b', 'c'], 'en')).toBe('a, b and c')
  })
})

it('only purposes of rules that may meet calls in progress are told', () => {
  expect(
    purposesOfLiveCalls([
      rule({ purposes: ['training'], when: { protocols: ['siprec', 'upload'] } }),
      rule({ purposes: ['evidence'], when: { protocols: ['upload', 'vcon'] } }),
      rule({ action: { kind: 'never' }, purposes: ['analytics'] }),
      rule({ purposes: ['training', 'assist'] }),
    ]),
  ).toEqual(['training', 'assist'])
})

describe('versions', () => {
  let database: TestDatabase
  const around = surroundings()
  let policyPurposes: string[] = []
  let entries = seededEntries()
  const open = () =>
    createAnnouncement({
      db: database.db,
      ...around,
      entries: () => entries,
      organisation: () => organisation(),
      policyPurposes: () => policyPurposes,
    })
  beforeAll(async () => {
    database = await testDatabase()
  })
  afterAll(() => database.drop())

  it('none while nothing is recorded; a new one only when the text changes', async () => {
    const room = await open()
    expect(room.current()).toBeNull()
    policyPurposes = ['training']
    await room.refresh()
    expect(room.current()).toMatchObject({ version: 1, texts: texts(['training']) })
    await room.refresh()
    entries = registerWith('evidence', { keep: { months: 12 } })
    await room.refresh()
    expect(room.current()?.version).toBe(1)
    entries = registerWith('training', { keep: { months: 3 } })
    await room.refresh()
    expect(room.current()?.version).toBe(2)
    expect((await open()).current()).toEqual(room.current())
    const { items, current, missing } = await room.routes['GET /announcements']({ actor, ...http })
    expect(items.map((one) => one.version)).toEqual([2, 1])
    expect(current).toEqual(items[0])
    expect(missing).toEqual([])
    expect(around.told.map(({ type, data }) => [type, data['version']])).toEqual([
      ['announcement.published', 1],
      ['announcement.published', 2],
    ])
  })

  it('switched off purposes are not told, and nothing is said when none is left', async () => {
    entries = registerWith('training', { active: false })
    const room = await open()
    expect(room.current()).toBeNull()
    entries = seededEntries()
    await room.refresh()
    expect(room.current()?.version).toBe(3)
  })

  it('a preview of drafts changes nothing', async () => {
    const room = await open()
    const preview = (body: Parameters<(typeof room.routes)['POST /announcements/preview']>[0]['body']) =>
      room.routes['POST /announcements/preview']({ body, actor, ...http })
    expect(await preview({})).toEqual({ texts: room.current()?.texts })
    const draft = registerWith('training', { keep: { days: 30 } })
    const named = organisation({ name: 'Beta', keys: { yes: '5', no: '*' } })
    const { texts: drafted } = await preview({ purposes: ['training'], entries: draft, organisation: named })
    expect(drafted?.objection.en.short).toContain(
      'Beta: this call may be recorded to train our staff; it is kept for at most 30\u00a0days. To object, at any time, press * ',
    )
    expect(await preview({ purposes: [] })).toEqual({ texts: null })
    expect(room.current()?.version).toBe(3)
    await expect(sql`delete from announcement_versions`.execute(database.db)).rejects.toThrow('kept as written')
  })
})
