import type { Selectable } from 'kysely'
import type { Evidence } from '../../evidence/index.ts'
import { isProblem, Problem } from '../../platform/problem.ts'
import type { RenditionKey, Replacement, Vault } from '../../vault/index.ts'
import type { CaptureDb, CaptureTx } from '../recorder/ledger.ts'
import type { CaptureTables } from '../store.ts'
import { joined, sensitiveMs, withSensitive } from './lacking.ts'
import { type LaneRange, type Rewritten, rewrite, soundingIn } from './rewrite.ts'

/*
 * What a transcript finds in a sealed call leaves the audio. Rendition by rendition, each step for itself:
 *   written again without it under another key → one transaction: key, streams, rows, `capture.silenced` → old key and bytes destroyed
 * May run again after a crash at any step: a rendition that is silent there already is left alone.
 */

export type SilenceDeps = { db: CaptureDb; vault: Vault; evidence: Pick<Evidence, 'append' | 'audio'> }

/** What was found in what was said; times are ms of the call. */
export type Found = {
  /** Card and bank data, by what it is (`CARD`): it goes from everything that is kept of the call. */
  payment: (LaneRange & { type: string })[]
  /** Whatever else is personal: it goes from masked audio. */
  personal: LaneRange[]
}

type Row = Selectable<CaptureTables['call_rendition']>

/**
 * Destroys what was found in all audio of a sealed call: payment data everywhere, what else is personal in masked renditions. Returns
 * once the old keys and bytes are gone. Purposes that have ended are left alone. Throws Problem `renditions_pending` (409) while
 * renditions are still being made, and what the vault throws; then it is to be tried again. Returns the renditions that were written again.
 */
export async function silenceCall(deps: SilenceDeps, callId: string, found: Found): Promise<string[]> {
  if (found.payment.length + found.personal.length === 0) return []
  // what an earlier try decided and could not finish
  await deps.vault.end([])
  const rows = await deps.db.selectFrom('call_rendition').selectAll().where('call_id', '=', callId).execute()
  if (rows.some(({ state }) => state === 'pending'))
    throw new Problem(
      'renditions_pending',
      409,
      `Renditions of call ${callId} are still being made; try again later.`,
      {
        callId,
      },
    )
  // the working copy first: what it lacks is what the call's page tells
  const sealed = rows.filter(({ state }) => state === 'sealed')
  const order = sealed.toSorted((a, b) => Number(a.material !== null) - Number(b.material !== null))
  const done: string[] = []
  for (const row of order) if (await silenceRendition(deps, row, found)) done.push(row.rendition_id)
  return done
}

/** False when there is nothing to silence in it, or it has ended. */
async function silenceRendition(deps: SilenceDeps, row: Row, { payment, personal }: Found): Promise<boolean> {
  const { vault } = deps
  const ranges: LaneRange[] = row.material === 'masked' ? [...payment, ...personal] : payment
  if (ranges.length === 0) return false
  const of = await vault.openReplacement(row.rendition_id)
  if (!of) return false
  try {
    const sounding = await soundingIn(vault, of, ranges)
    if (sounding.length === 0) return false
    const made = await rewrite(deps, of, ranges)
    const destroyed = payment.filter((range) => sounding.includes(range))
    return await exchange(deps, { row, of, made, payment, destroyed, silencedMs: totalMs(sounding) })
  } finally {
    await of.close()
  }
}

type Exchange = {
  row: Row
  of: Replacement
  made: Rewritten
  payment: Found['payment']
  /** Of the payment data, what this rendition still let one hear. */
  destroyed: Found['payment']
  /** Everything that was silenced in it, ms. */
  silencedMs: number
}

async function exchange(deps: SilenceDeps, work: Exchange): Promise<boolean> {
  const { row, of, made } = work
  const card = await cardKey(deps, row)
  try {
    return await deps.vault.replaceRendition(of, made.streams, async (vaultTx) => {
      const tx = vaultTx as unknown as CaptureTx
      await tx
        .updateTable('call_rendition')
        .set((e) => ({ bytes: made.streams.reduce((sum, s) => sum + s.bytes, 0), edition: e('edition', '+', 1) }))
        .where('rendition_id', '=', row.rendition_id)
        .where('state', '=', 'sealed')
        .execute()
      await updateLegs(tx, work)
      await deps.evidence.append(tx, silencedEvent(work), card)
    })
  } finally {
    card?.dispose()
  }
}

/** What each leg lacks now, and how much of it the mask of the call in progress had missed. Counted once, whatever rendition comes first. */
async function updateLegs(tx: CaptureTx, { row, made, payment }: Exchange): Promise<void> {
  const legs = await tx
    .selectFrom('call_leg')
    .select(['index', 'gaps'])
    .where('call_id', '=', row.call_id)
    .where('index', 'in', [-1, ...payment.map(({ leg }) => leg)])
    .execute()
  for (const { index, gaps } of legs) {
    const spans = payment.filter(({ leg }) => leg === index)
    // of the whole call its log says it to the packet; a contract window lacks more than the call does
    const derived = row.segment === 0 ? made.legs.find((leg) => leg.index === index)?.gaps : undefined
    const now = withSensitive(derived ?? gaps, spans)
    const later = sensitiveMs(now) - sensitiveMs(gaps)
    if (later <= 0) continue
    await tx
      .updateTable('call_leg')
      .set((e) => ({ gaps: JSON.stringify(now), found_later_ms: e('found_later_ms', '+', later) }))
      .where('call_id', '=', row.call_id)
      .where('index', '=', index)
      .execute()
  }
}

function silencedEvent({ row, made, destroyed, silencedMs }: Exchange) {
  const { purpose, segment, call_id: callId } = row
  const data = {
    purpose,
    segment,
    afterSealing: true,
    payment: byPlace(destroyed),
    silencedMs: Math.round(silencedMs),
    streams: made.streams.map(({ name, bytes, sha256 }) => ({ name, bytes, sha256 })),
    dropped: made.dropped,
  }
  return { type: 'capture.silenced' as const, callId, data }
}

/** Ranges that meet as one, with every type that was found there; whole ms. */
function byPlace(found: Found['payment']): { leg: number; fromMs: number; toMs: number; types: string[] }[] {
  const legs = [...new Set(found.map(({ leg }) => leg))].toSorted((a, b) => a - b)
  return legs.flatMap((leg) => {
    const mine = found.filter((range) => range.leg === leg)
    return joined(mine).map(({ fromMs, toMs }) => ({
      leg,
      fromMs: Math.floor(fromMs),
      toMs: Math.ceil(toMs),
      types: [...new Set(mine.filter((r) => r.fromMs < toMs && r.toMs > fromMs).map(({ type }) => type))].toSorted(),
    }))
  })
}

function totalMs(ranges: readonly LaneRange[]): number {
  const legs = [...new Set(ranges.map(({ leg }) => leg))]
  return legs
    .flatMap((leg) => joined(ranges.filter((range) => range.leg === leg)))
    .reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0)
}

/** The call's card, under the purpose that is silenced or whatever holds it; null when its days are over: the event outlives it then. */
async function cardKey({ db, vault }: SilenceDeps, { call_id, purpose }: Row): Promise<RenditionKey | null> {
  const call = await db.selectFrom('call').select('card_id').where('id', '=', call_id).executeTakeFirst()
  const cardId = call?.card_id
  if (!cardId) return null
  const ways = [() => vault.unlock(cardId, purpose), () => vault.unlockHeld(cardId)]
  for (const open of ways) {
    const key = await open().catch((e: unknown) => {
      if (isProblem(e) && e.code === 'purpose_lapsed') return null
      throw e
    })
    if (key) return key
  }
  return null
}
