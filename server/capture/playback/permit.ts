import type { AccessRecord, Redaction } from '../../../contract/models/calls.ts'
import type { PurposeKey } from '../../../contract/models/common.ts'
import type { AudioMaterial } from '../../../contract/models/retention.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { isProblem, Problem } from '../../platform/problem.ts'
import type { RenditionKey, Vault } from '../../vault/index.ts'
import type { Queries } from '../calls/queries.ts'
import { inReach } from '../calls/reach.ts'
import type { CallRow } from '../calls/view.ts'
import { needsReason } from '../purposes.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import type { Keeping, Locked } from '../keeping.ts'
import type { AccessBook, AccessEntry } from './access.ts'

export type PermitDeps = {
  db: CaptureDb
  vault: Vault
  queries: Queries
  book: AccessBook
  restricted: (callId: string) => Promise<boolean>
} & Pick<Keeping, 'mayUse' | 'locked' | 'basis' | 'iri'>
export type PermitAsk = {
  callId: string
  purpose: PurposeKey
  segment?: number | undefined
  reason: string
  caseRef?: string | undefined
  /** Of a package: that only a part is given, or passages are silenced. */
  cut?: 'window' | 'silenced' | undefined
  action: AccessRecord['action']
}
export type Permit = { call: CallRow; key: RenditionKey; recordId: string }

const shortestReason = 5

/**
 * The one way for a person to what a call holds: the call must be within reach, the purpose in the role's set and alive for this
 * call, a reason given where one is due. Allowed or refused, the decision is written down first.
 */
export function createPermits(deps: PermitDeps) {
  const { db, vault, queries, book, mayUse, locked, basis, restricted } = deps

  /** Decides, and writes down what was decided. `open` throws when the purpose is not alive. */
  async function decide<T extends { dispose(): void }>(
    actor: Actor,
    { call, ask, entry, material, open }: Decision<T>,
  ): Promise<{ opened: T; recordId: string }> {
    let opened: T
    try {
      if (!mayUse(actor.role, ask.purpose)) throw notAllowed(ask.purpose)
      checkReason(ask.reason, material)
      if (await restricted(ask.callId)) throw callRestricted()
      const gate = isOwn(actor, call) ? null : locked(ask.purpose, agentOf(call))
      if (gate) throw gateClosed(ask.purpose, gate)
      opened = await open()
    } catch (error) {
      await book.record(actor, { ...entry, outcome: 'refused', refusal: isProblem(error) ? error.code : 'internal' })
      throw error
    }
    try {
      return { opened, recordId: await book.record(actor, { ...entry, outcome: 'allowed' }) }
    } catch (error) {
      opened.dispose()
      throw error
    }
  }

  async function entryOf(call: CallRow, ask: Omit<PermitAsk, 'cut' | 'segment'>) {
    return {
      action: ask.action,
      callId: ask.callId,
      agentId: call.agent_id,
      purpose: ask.purpose,
      purposeIri: deps.iri(ask.purpose),
      legalBasis: await basis(ask.callId, ask.purpose),
      reason: ask.reason,
      caseRef: ask.caseRef,
    }
  }

  /** To a rendition's key. The caller disposes of it. */
  async function audio(actor: Actor, ask: PermitAsk): Promise<Permit> {
    const call = await queries.row(actor, ask.callId)
    const renditions = await db
      .selectFrom('call_rendition')
      .selectAll()
      .where('call_id', '=', ask.callId)
      .where('purpose', '=', ask.purpose)
      .orderBy('segment')
      .execute()
    const rendition = chosen(renditions, ask.segment)
    const entry = {
      ...(await entryOf(call, ask)),
      renditionId: rendition?.rendition_id ?? null,
      segment: rendition?.segment ?? ask.segment ?? null,
      redaction: ask.cut ?? redactionOf(rendition),
    }
    const material = rendition?.material ?? null
    const open = () => vault.unlock(livingRendition(ask.purpose, rendition), ask.purpose)
    const { opened: key, recordId } = await decide(actor, { call, ask, entry, material, open })
    return { call, key, recordId }
  }

  /** To what was said, as text with personal data taken out. The door to the call's card shows that the purpose is alive. */
  async function text(actor: Actor, ask: Omit<PermitAsk, 'cut' | 'segment'>): Promise<{ recordId: string }> {
    const call = await queries.row(actor, ask.callId)
    const entry = {
      ...(await entryOf(call, ask)),
      renditionId: call.card_id,
      segment: null,
      redaction: 'masked' as const,
    }
    const open = () => {
      if (!call.card_id) throw notHeld(ask.purpose)
      return vault.unlock(call.card_id, ask.purpose)
    }
    const { opened, recordId } = await decide(actor, { call, ask, entry, material: null, open })
    opened.dispose()
    return { recordId }
  }

  /**
   * Which of some calls may be quoted to a person who looks for words. Each that may is written down as an access; the others are
   * left out without a word. Throws Problem `purpose_not_allowed` (403).
   */
  async function quotes(
    actor: Actor,
    { callIds, purpose }: { callIds: string[]; purpose: PurposeKey },
  ): Promise<Set<string>> {
    if (!mayUse(actor.role, purpose)) throw notAllowed(purpose)
    const rows =
      callIds.length === 0 ? [] : await db.selectFrom('call').selectAll().where('id', 'in', callIds).execute()
    const allowed: CallRow[] = []
    for (const call of rows) {
      const gate = isOwn(actor, call) ? null : locked(purpose, agentOf(call))
      if (gate || !call.card_id || !reaches(actor, call) || (await restricted(call.id))) continue
      const key = await vault.unlock(call.card_id, purpose).catch(ifAlive)
      if (key) allowed.push(call)
      key?.dispose()
    }
    const entries = await Promise.all(
      allowed.map(async (call) => ({
        ...(await entryOf(call, { callId: call.id, purpose, reason: '', action: 'view' })),
        renditionId: call.card_id,
        segment: null,
        redaction: 'masked' as const,
        outcome: 'allowed' as const,
      })),
    )
    if (entries.length > 0) await book.recordAll(actor, entries)
    return new Set(allowed.map(({ id }) => id))
  }

  return { audio, text, quotes }
}

/** A purpose that has ended is no reason to fail; anything else is. */
function ifAlive(error: unknown): null {
  if (isProblem(error) && ['purpose_lapsed', 'rendition_unknown'].includes(error.code)) return null
  throw error
}

const reaches = (actor: Actor, call: CallRow): boolean =>
  inReach(actor, { agentId: call.agent_id, teamIds: call.team_ids })

type Decision<T> = {
  call: CallRow
  ask: Pick<PermitAsk, 'callId' | 'purpose' | 'reason'>
  entry: Omit<AccessEntry, 'outcome' | 'refusal'>
  material: AudioMaterial | null
  open: () => Promise<T>
}

export type Permits = ReturnType<typeof createPermits>

/** What the gate asks about the agent of a call. */
export const agentOf = (call: Pick<CallRow, 'agent_country' | 'team_ids'>) => ({
  country: call.agent_country,
  teamIds: call.team_ids,
})

/** Agents hear their own calls whatever was agreed: the gate protects them from others. */
export const isOwn = (actor: Actor, call: Pick<CallRow, 'agent_id'>): boolean =>
  actor.role === 'agent' && actor.personId !== null && actor.personId === call.agent_id

export const gateClosed = (purpose: string, { country, needs }: Locked): Problem =>
  new Problem(
    'gate_closed',
    403,
    `The purpose ${purpose} watches work: in ${country} it stays locked until the agreement and notice are registered.`,
    { purpose, country, needs: needs.map((kinds) => kinds.join('|')).join(',') },
  )

const notHeld = (purpose: PurposeKey): Problem =>
  new Problem('purpose_not_held', 410, `This call holds nothing for the purpose ${purpose}.`, { purpose })

export const callRestricted = (): Problem =>
  new Problem('call_restricted', 423, 'Its person has had the use of this call restricted: it is kept, and not used.')

export const notAllowed = (purpose: PurposeKey): Problem =>
  new Problem('purpose_not_allowed', 403, `Your role may not listen for the purpose ${purpose}.`, { purpose })

function checkReason(reason: string, material: AudioMaterial | null): void {
  if (needsReason(material) && reason.trim().length < shortestReason)
    throw new Problem('reason_missing', 422, 'Say in a few words why you listen.', { min: shortestReason })
}

/** What a rendition leaves of a call: what its purpose allows, and a contract window of that. */
export function redactionOf(given: { material: AudioMaterial | null; segment: number } | undefined): Redaction {
  if (given?.material === 'masked') return 'masked'
  return given && given.segment > 0 ? 'window' : 'original'
}

/** The segment asked for, else the first that can be heard, else the first. */
function chosen<R extends { segment: number; state: string }>(renditions: R[], segment?: number): R | undefined {
  if (segment !== undefined) return renditions.find((r) => r.segment === segment)
  return renditions.find((r) => r.state === 'sealed') ?? renditions[0]
}

function livingRendition(purpose: PurposeKey, rendition: { rendition_id: string; state: string } | undefined): string {
  if (!rendition || rendition.state === 'erased' || rendition.state === 'failed') throw notHeld(purpose)
  if (rendition.state !== 'sealed')
    throw new Problem(
      'rendition_pending',
      409,
      'The audio for this purpose is still being prepared. Try again shortly.',
    )
  return rendition.rendition_id
}
