import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { ConsentDraft, ConsentRecord, Standing } from '../../../contract/models/consent.ts'
import type { Organisation, PurposeEntry } from '../../../contract/models/retention.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AnyTransaction } from '../../platform/db/index.ts'
import type { Actor, Handlers } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import type { Append } from '../append.ts'
import { toDpv } from './dpv.ts'
import { type Consent, type InForce, standing, valueOf } from './standing.ts'
import { type ConsentTables, createConsentStore, type StoredConsent } from './store.ts'

export type ConsentKeys =
  | 'POST /consents'
  | 'POST /consents/search'
  | 'GET /calls/:callId/consents'
  | 'GET /consents/:consentId/dpv'

export type ConsentDeps = {
  db: Kysely<ConsentTables>
  box: Box
  clock: Clock
  append: Append
  entries: () => readonly PurposeEntry[]
  organisation: () => Organisation | null
  /** The version of the announcement in force; null while none is. */
  announcement: () => number | null
  /** Blind index of a caller's address. */
  addressIndex: (address: string) => Buffer
  /** Throws Problem 404 unless the call is within the person's reach. */
  requireReach: (actor: Actor, callId: string) => Promise<void>
  /** Blind index of a call's caller; null when the caller is not known. */
  callerOf: (callId: string) => Promise<Buffer | null>
  /** What follows from a record, in the transaction that writes it. */
  follow: (tx: AnyTransaction, record: StoredConsent) => Promise<void>
}

/** What is written down of one answer. `caller` is the blind index of the address. Time in ms; now when not said. */
export type NewConsent = Omit<Consent, 'id' | 'value' | 'atMs'> & {
  caller: Buffer | null
  atMs?: number
  recordedBy: string | null
  note?: string
}

export type Consents = {
  routes: Handlers<ConsentKeys>
  /** Writes down an answer, in a transaction of its own or in the one given. */
  record(consent: NewConsent, tx?: AnyTransaction): Promise<StoredConsent>
  /** What counts for a purpose, of what a caller (null: unknown) said in general and in a call (null: in general only). */
  standing(who: { caller: Buffer | null; callId: string | null }, purpose: string): Promise<InForce>
  /** One record; null when there is none. */
  one(id: string): Promise<StoredConsent | null>
  /** Everything a caller said, and everything said in a call; newest first. */
  about(who: { caller: Buffer | null; callId: string | null }): Promise<StoredConsent[]>
  /** A record as JSON-LD (ISO/IEC TS 27560, W3C DPV). Throws Problem `consent_unknown` (404), `organisation_missing` (409). */
  dpv(id: string): Promise<Record<string, unknown>>
}

/** Clocks of programs that report a consent may differ by this, ms. */
const skewMs = 5 * 60_000
/** Channels on which the announcement in force was heard just before. */
const inCall: readonly string[] = ['ivr_api', 'siprec', 'audiohook', 'dtmf', 'spoken']

export function createConsents(deps: ConsentDeps): Consents {
  const { db, clock, append } = deps
  const store = createConsentStore(db, deps.box)

  async function record(ask: NewConsent, given?: AnyTransaction): Promise<StoredConsent> {
    if (ask.caller === null && ask.callId === null) throw aboutNobody()
    const now = clock.now()
    const { atMs = now, note = '', ...rest } = ask
    const stored: StoredConsent = { ...rest, id: newId(), value: valueOf(ask.kind), atMs, recordedAtMs: now, note }
    const write = async (tx: AnyTransaction): Promise<void> => {
      await store.insert(tx, stored)
      const { id, callId, purpose, value, kind, channel, announcement, recordedBy: by } = stored
      const data = { recordId: id, purpose, value, kind, channel, announcement, by }
      await append(tx, { type: 'consent.recorded', callId, data })
      await deps.follow(tx, stored)
    }
    await (given ? write(given) : db.transaction().execute(write))
    return stored
  }

  /** Throws Problem `consent_about_nobody`, `consent_caller_unknown`, `consent_purpose_unknown`, `consent_time` (422). */
  async function fromDraft(actor: Actor, draft: ConsentDraft): Promise<StoredConsent> {
    const { address, callId, purpose, kind, channel, note } = draft
    const atMs = draft.at === undefined ? clock.now() : Date.parse(draft.at)
    if (atMs > clock.now() + skewMs) throw new Problem('consent_time', 422, 'a consent cannot be of the future')
    if (purpose !== null && !deps.entries().some((entry) => entry.key === purpose))
      throw new Problem('consent_purpose_unknown', 422, 'the register has no such purpose', { purpose })
    if (address === undefined && callId === undefined) throw aboutNobody()
    if (callId !== undefined) await deps.requireReach(actor, callId)
    const ofCall = callId === undefined ? null : await deps.callerOf(callId)
    const caller = address === undefined ? ofCall : deps.addressIndex(address)
    const general = callId === undefined || draft.scope === 'caller'
    if (general && caller === null)
      throw new Problem('consent_caller_unknown', 422, 'nobody knows who called: say the address, or keep to the call')
    const announcement = draft.announcement ?? (inCall.includes(channel) ? deps.announcement() : null)
    const about = { caller, callId: general ? null : callId, purpose, announcement }
    return record({ ...about, kind, channel, atMs, recordedBy: actor.personId, note })
  }

  async function answer(actor: Actor, who: { caller: Buffer | null; callId: string | null }) {
    const records = await store.about(who)
    const purposes = deps.entries().filter((entry) => entry.active)
    // the caller's other calls may be out of the person's reach
    const shown = records.filter((one) => who.callId === null || one.callId === null || one.callId === who.callId)
    return {
      items: shown.map((one) => view(one, actor)),
      standing: purposes.map((entry): Standing => {
        const { value, record: counted } = standing(records, { callId: who.callId, purpose: entry.key })
        return { purpose: entry.key, value, recordId: counted?.id ?? null }
      }),
    }
  }

  async function dpv(id: string): Promise<Record<string, unknown>> {
    const found = await store.one(id)
    if (!found) throw new Problem('consent_unknown', 404, 'there is no such consent record')
    const organisation = deps.organisation()
    if (!organisation)
      throw new Problem('organisation_missing', 409, 'a consent record names the controller: say first who that is')
    const entries = deps
      .entries()
      .filter((entry) => (found.purpose === null ? entry.active : entry.key === found.purpose))
    return toDpv({ record: found, recordedAtMs: found.recordedAtMs, subject: subjectOf(found), organisation, entries })
  }

  return {
    routes: {
      'POST /consents': async ({ actor, body }) => view(await fromDraft(actor, body), actor),
      'POST /consents/search': ({ actor, body }) =>
        answer(actor, { caller: deps.addressIndex(body.address), callId: null }),
      'GET /calls/:callId/consents': async ({ actor, params: { callId } }) => {
        await deps.requireReach(actor, callId)
        return answer(actor, { caller: await deps.callerOf(callId), callId })
      },
      'GET /consents/:consentId/dpv': ({ params }) => dpv(params.consentId),
    },
    record,
    standing: async (who, purpose) => standing(await store.about(who), { callId: who.callId, purpose }),
    one: async (id) => (await store.one(id)) ?? null,
    about: (who) => store.about(who),
    dpv,
  }
}

const aboutNobody = (): Problem =>
  new Problem('consent_about_nobody', 422, 'say whose consent it is: the caller’s address or the call')

/** Notes may speak of persons: only those who answer for the rules read them. */
const view = (record: StoredConsent, actor: Actor): ConsentRecord => ({
  id: record.id,
  callId: record.callId,
  purpose: record.purpose,
  value: record.value,
  kind: record.kind,
  channel: record.channel,
  at: new Date(record.atMs).toISOString(),
  announcement: record.announcement,
  recordedBy: record.recordedBy,
  note: actor.may.has('governance.read') && record.note !== '' ? record.note : null,
})

/** Stands for a caller in what leaves the house: always the same, and of no use for looking the caller up here. */
const subjectOf = ({ caller, callId }: StoredConsent): string =>
  caller
    ? `urn:verbale:caller:${createHash('sha256').update('verbale/consent/subject/v1').update(caller).digest('base64url')}`
    : `urn:verbale:call:${callId}`
