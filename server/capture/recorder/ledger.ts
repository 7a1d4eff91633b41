import { type Kysely, sql, type Transaction } from 'kysely'
import type { Mark } from '../../../contract/models/calls.ts'
import type { Evidence, EvidenceTables } from '../../evidence/index.ts'
import { newId } from '../../platform/ids.ts'
import type { RenditionKey, Vault, VaultTables } from '../../vault/index.ts'
import { customerIndex } from '../calls/country.ts'
import { cardWraps, type Kept, keptFor, pendingRows, termsFor } from '../calls/begin.ts'
import type { Keeping, Said } from '../keeping.ts'
import { lastProcessingDay } from '../purposes.ts'
import type { CaptureTables, Card } from '../store.ts'
import type { LegRecorder } from './leg.ts'
import type { Session } from './session.ts'
import { stores } from './switches.ts'

/** A transaction may write the capture room's rows together with the vault's and the evidence's, each through its door. */
export type CaptureTx = Transaction<CaptureTables & VaultTables & EvidenceTables>
export type CaptureDb = Kysely<CaptureTables & VaultTables & EvidenceTables>

export type LedgerDeps = {
  db: CaptureDb
  vault: Vault
  evidence: Evidence
  keeping: Keeping
  processingDays: number
}

/** The keys of a call being recorded: its metadata card and its audio as captured. */
export type CallKeys = { card: RenditionKey; processing: RenditionKey }

export const day = (date: Date): string => date.toISOString().slice(0, 10)

/** Writes what happens to a call in progress into the database. */
export function createLedger(deps: LedgerDeps) {
  const { db, vault, evidence } = deps
  /** The caller's index as the terms have it: told again only when it changes. */
  const told = new WeakMap<Session, Buffer>()
  /** Sessions in which the caller said yes. */
  const saidYes = new WeakSet<Session>()

  /** Keys, rows and `capture.started`, durable when it resolves. A call that is not recorded gets a row without personal data. */
  async function begin(session: Session): Promise<CallKeys | null> {
    const done = await begun(session)
    if (done) return done.keys
    return db.transaction().execute(async (tx) => {
      const kept = stores(session.decision) ? keptFor(deps.keeping.termOf, askOf(session)) : []
      const keys = stores(session.decision) ? await createKeys(tx, session, kept) : null
      const row = callRow(session, keys)
      await tx.insertInto('call').values(row).execute()
      if (!keys) return null
      // first: what else the log says of the call comes after its beginning
      await evidence.append(tx, startedEvent(session, row.announcement), keys.card)
      await insertRenditions(tx, session, { keys, kept })
      await deps.keeping.open(tx, {
        callId: session.callId,
        cardId: keys.card.renditionId,
        startedAt: row.started_at,
        country: askOf(session).country,
        customerIndex: row.customer_index,
        terms: termsFor(kept, session.decision),
      })
      if (row.customer_index) told.set(session, row.customer_index)
      // As it came with the call: an answer given while this row waited for the database is a mark, and written down as one.
      const { consent = 'not_asked' } = session.announcement
      if (consent !== 'not_asked') await deps.keeping.consent(tx, saidOf(session, { consent, by: 'caller', atMs: 0 }))
      return keys
    })
  }

  /** What an earlier try wrote whose answer the database could not give. */
  async function begun(session: Session): Promise<{ keys: CallKeys | null } | null> {
    const row = await db.selectFrom('call').select('card_id').where('id', '=', session.callId).executeTakeFirst()
    if (!row) return null
    if (!row.card_id) return { keys: null }
    const { rendition_id } = await db
      .selectFrom('call_rendition')
      .select('rendition_id')
      .where('call_id', '=', session.callId)
      .where('purpose', '=', 'processing')
      .executeTakeFirstOrThrow()
    return {
      keys: {
        card: await vault.unlock(row.card_id, 'processing'),
        processing: await vault.unlock(rendition_id, 'processing'),
      },
    }
  }

  async function createKeys(tx: CaptureTx, session: Session, kept: Kept[]): Promise<CallKeys> {
    const { callId, startedAt } = session
    const processingEnds = lastProcessingDay(startedAt, deps.processingDays)
    const card = await vault.createRendition(tx, {
      id: newId(),
      callId,
      format: 'card',
      purpose: 'card',
      wraps: [...cardWraps(kept), { purpose: 'processing', expiresOn: processingEnds }],
    })
    const processing = await vault.createRendition(tx, {
      id: newId(),
      callId,
      format: 'packets',
      purpose: 'processing',
      wraps: [{ purpose: 'processing', expiresOn: processingEnds }],
    })
    return { card, processing }
  }

  async function insertRenditions(
    tx: CaptureTx,
    { callId, startedAt }: Session,
    { keys, kept }: { keys: CallKeys; kept: Kept[] },
  ): Promise<void> {
    const captured = {
      call_id: callId,
      purpose: 'processing',
      rendition_id: keys.processing.renditionId,
      format: 'packets',
      state: 'recording' as const,
      expires_on: day(lastProcessingDay(startedAt, deps.processingDays)),
    }
    const pending = pendingRows(callId, kept, (material) => (material === 'original' ? 'packets' : 'lanes'))
    await tx
      .insertInto('call_rendition')
      .values([captured, ...pending])
      .execute()
  }

  function callRow(session: Session, keys: CallKeys | null) {
    const { announcement: a, agent } = session
    const circumstances = session.circumstances
    const customer = session.card.parties.find((p) => p.role === 'customer')?.address
    return {
      id: session.callId,
      state: keys ? ('live' as const) : ('not_recorded' as const),
      protocol: a.protocol,
      direction: a.direction ?? null,
      queue: a.queue ?? a.skill ?? null,
      session_index: vault.box.blindIndex('session', `${a.protocol}\0${a.sessionKey}`),
      conversation_index:
        a.conversationKey === undefined ? null : vault.box.blindIndex('conversation', a.conversationKey),
      started_at: new Date(session.startedAt),
      ended_at: null,
      ending: null,
      agent_id: agent?.personId ?? null,
      team_ids: agent?.teamIds ?? [],
      caller_country: circumstances.callerCountry,
      agent_country: circumstances.agentCountry,
      customer_index: keys && customerIndex(vault.box, customer),
      decision: JSON.stringify(session.decision),
      announcement: keys && deps.keeping.announcement(),
      gaps_provable: a.sequenced,
      consent: session.switches.consent,
      card_id: keys?.card.renditionId ?? null,
      card: keys ? sealCard(keys.card, session.card) : null,
    }
  }

  /** An answer as it is written down: a no after a yes withdraws it, where nobody asked it objects. */
  function saidOf(session: Session, { consent, by, atMs }: { consent: 'yes' | 'no'; by: string; atMs: number }): Said {
    const no = session.decision.consent === 'objection' ? 'objected' : saidYes.has(session) ? 'withdrawn' : 'refused'
    if (consent === 'yes') saidYes.add(session)
    return {
      callId: session.callId,
      caller: told.get(session) ?? null,
      kind: consent === 'yes' ? 'given' : no,
      protocol: session.announcement.protocol,
      by,
      atMs: session.startedAt + atMs,
      recordedBy: null,
    }
  }

  const sealCard = (key: RenditionKey, card: Card): Buffer =>
    vault.sealValue(key, 'card', Buffer.from(JSON.stringify(card)))

  async function leg(session: Session, recorder: LegRecorder): Promise<void> {
    const { facts, index } = recorder
    await db
      .insertInto('call_leg')
      .values({
        call_id: session.callId,
        index,
        label: facts.label.slice(0, 60),
        role: facts.role,
        codec: facts.format.codec,
        rate: facts.format.rate,
        gaps_provable: session.announcement.sequenced,
        gaps: '[]',
      })
      .onConflict((c) => c.columns(['call_id', 'index']).doNothing())
      .execute()
  }

  /** A switch: a row for the page and an entry in the evidence log, in one transaction. */
  async function mark(
    session: Session,
    keys: CallKeys | null,
    entry: { id: string; mark: Mark; actorId: string | null; saidMs: number },
  ): Promise<void> {
    const { mark: m } = entry
    await db.transaction().execute(async (tx) => {
      await tx
        .insertInto('call_mark')
        .values({
          id: entry.id,
          call_id: session.callId,
          at_ms: m.atMs,
          kind: m.kind,
          by: m.by,
          leg: m.leg,
          actor_id: entry.actorId,
        })
        .onConflict((c) => c.column('id').doNothing())
        .execute()
      if (m.kind === 'consent_yes' || m.kind === 'consent_no') {
        const consent = m.kind === 'consent_yes' ? 'yes' : 'no'
        await deps.keeping.consent(tx, {
          ...saidOf(session, { consent, by: m.by, atMs: entry.saidMs }),
          recordedBy: entry.actorId,
        })
      }
      if (keys)
        await evidence.append(
          tx,
          {
            type: 'capture.switched',
            callId: session.callId,
            data: { kind: m.kind, atMs: Math.round(m.atMs), by: m.by, actorId: entry.actorId },
          },
          keys.card,
        )
    })
  }

  /** Later knowledge: parties, queue, difficulty, alerts. */
  async function facts(session: Session, keys: CallKeys | null): Promise<void> {
    const { announcement: a, agent } = session
    const customer = session.card.parties.find((p) => p.role === 'customer')?.address
    const index = keys && customerIndex(vault.box, customer)
    if (index && told.get(session)?.equals(index) !== true) {
      await db.transaction().execute((tx) => deps.keeping.customer(tx, session.callId, index))
      told.set(session, index)
    }
    await db
      .updateTable('call')
      .set({
        direction: a.direction ?? null,
        queue: a.queue ?? a.skill ?? null,
        agent_id: agent?.personId ?? null,
        team_ids: agent?.teamIds ?? [],
        difficult: session.difficult,
        consent: session.switches.consent,
        alerts: sql`array(select distinct unnest(alerts || ${[...session.raised]}::text[]))` as never,
        ...(keys && {
          card: sealCard(keys.card, session.card),
          customer_index: index,
        }),
      })
      .where('id', '=', session.callId)
      .execute()
  }

  /** The call has ended; its streams are about to be sealed. */
  async function ended(session: Session, keys: CallKeys | null): Promise<void> {
    await facts(session, keys)
    const durationMs = session.atMs(session.endedNs)
    await db
      .updateTable('call')
      .set({
        ended_at: new Date(session.startedAt + durationMs),
        duration_ms: durationMs,
        ending: session.endReason,
        ...(keys && { state: 'sealing' as const }),
      })
      .where('id', '=', session.callId)
      .execute()
  }

  /** A call that has ended but whose last seconds are not on disk: the next start closes it as interrupted. */
  async function cutShort(session: Session): Promise<void> {
    await db
      .updateTable('call')
      .set({ ended_at: null, ending: null, state: 'live' })
      .where('id', '=', session.callId)
      .where('state', '=', 'sealing')
      .execute()
  }

  return { begin, leg, mark, facts, ended, cutShort, sealCard }
}

export type Ledger = ReturnType<typeof createLedger>

/** The country whose rules set the terms: the agent's, who is heard in every call; else the caller's. */
const askOf = ({ decision, startedAt, circumstances }: Session) => ({
  purposes: decision.purposes,
  startMs: startedAt,
  nowMs: startedAt,
  country: circumstances.agentCountry ?? circumstances.callerCountry,
})

function startedEvent(session: Session, announcement: number | null) {
  const { decision: d, announcement: a, callId } = session
  return {
    type: 'capture.started' as const,
    callId,
    data: {
      protocol: a.protocol,
      sequenced: a.sequenced,
      policyVersion: d.policyVersion,
      ruleId: d.ruleId,
      mode: d.mode,
      reason: d.reason,
      draw: d.draw,
      purposes: d.purposes,
      legalBasis: d.legalBasis,
      consent: session.switches.consent,
      announcement,
      startedAt: new Date(session.startedAt).toISOString(),
    },
  }
}
