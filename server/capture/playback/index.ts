import type { ListenGrant, ListenPurpose } from '../../../contract/models/calls.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor, Handlers, Http } from '../../platform/http/handlers.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem, messageOf, Problem } from '../../platform/problem.ts'
import type { RenditionKey, SealedStream, Vault } from '../../vault/index.ts'
import type { Queries } from '../calls/queries.ts'
import { gapsOf } from '../calls/view.ts'
import { type Lane, msOf, PEAKS_PER_SECOND, planWav } from '../media/index.ts'
import { mayListen, needsReason } from '../purposes.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import { legOf, openLanes } from '../sealing/derive.ts'
import type { AccessBook } from './access.ts'
import { createGrants, type Grant, grantIdleMs, holderOf } from './grants.ts'
import { parseRange } from './range.ts'
import { sendWav } from './send.ts'

export type PlaybackDeps = { db: CaptureDb; vault: Vault; clock: Clock; log: Logger; queries: Queries; book: AccessBook }
export type PlaybackKeys = 'POST /calls/:callId/listen' | 'GET /media/:grantId'

const shortestReason = 5

type Role = 'agent' | 'customer' | 'unknown'

/** Agents left, customers right; voices not attributed alternate. One side alone is mono. */
function arrange(lanes: { leg: number; lane: Lane; role: Role }[]) {
  let unknown = 0
  const sideOf = new Map(lanes.map(({ leg, role }) => [leg, role === 'agent' ? 'left' : role === 'customer' ? 'right' : unknown++ % 2 === 0 ? 'left' : 'right'] as const))
  const side = (name: 'left' | 'right'): Lane[] => lanes.filter(({ leg }) => sideOf.get(leg) === name).map(({ lane }) => lane)
  const sides = { left: side('left'), right: side('right') }
  const channelOf = (leg: number): number => (sideOf.get(leg) === 'right' && sides.left.length > 0 ? 1 : 0)
  return { wav: planWav(sides), channelOf }
}

/** Listening: a purpose is asked, checked, written down; then one rendition may be read by the session that asked. */
export function createPlayback(deps: PlaybackDeps): { routes: Handlers<PlaybackKeys>; stop(): void } {
  const { db, vault, clock, queries, book } = deps
  const grants = createGrants(() => clock.now())

  async function listen(actor: Actor, ask: { callId: string; purpose: ListenPurpose; reason: string }): Promise<ListenGrant> {
    const call = await queries.row(actor, ask.callId)
    const rendition = await db.selectFrom('call_rendition').selectAll().where('call_id', '=', ask.callId).where('purpose', '=', ask.purpose).executeTakeFirst()
    const entry = { action: 'play' as const, callId: ask.callId, renditionId: rendition?.rendition_id ?? null, purpose: ask.purpose, reason: ask.reason }
    let key: RenditionKey
    try {
      key = await unlockFor(actor, ask, rendition)
    } catch (error) {
      await book.record(actor, { ...entry, outcome: 'refused', refusal: isProblem(error) ? error.code : 'internal' })
      throw error
    }
    try {
      const manifest = await vault.manifest(key.renditionId)
      const opened = await openLanes(vault, key, manifest)
      const legs = await db.selectFrom('call_leg').selectAll().where('call_id', '=', call.id).orderBy('index').execute()
      const lanes = opened.map((o) => o.lane)
      const roleOf = (leg: number): Role => legs.find((l) => l.index === leg)?.role ?? 'unknown'
      const { wav, channelOf } = arrange(opened.map(({ leg, lane }) => ({ leg, lane, role: roleOf(leg) })))
      const recordId = await book.record(actor, { ...entry, outcome: 'allowed' })
      const grant = grants.add({ callId: call.id, renditionId: key.renditionId, purpose: ask.purpose, recordId, holder: holderOf(actor), key, lanes, wav })
      const peaks = await readPeaks(key, manifest)
      return {
        id: grant.id,
        mediaUrl: `/api/v1/media/${grant.id}`,
        durationMs: msOf(wav.samples, wav.rate),
        expiresAt: new Date(clock.now() + grantIdleMs).toISOString(),
        lanes: opened.map(({ leg }) => ({ leg, role: roleOf(leg), channel: channelOf(leg), peaks: peaks.get(leg) ?? '' })),
        peaksPerSecond: PEAKS_PER_SECOND,
        gaps: gapsOf(legs),
        unplayable: opened.filter((o) => o.undecodable).map((o) => o.leg),
      }
    } catch (error) {
      key.dispose()
      throw error
    }
  }

  /** The decision: the role's purposes, a reason where one is due, a rendition that lives. Throws Problem with the refusal. */
  async function unlockFor(actor: Actor, ask: { purpose: ListenPurpose; reason: string }, rendition: { rendition_id: string; state: string } | undefined): Promise<RenditionKey> {
    if (!mayListen(actor.role, ask.purpose)) throw new Problem('purpose_not_allowed', 403, `Your role may not listen for the purpose ${ask.purpose}.`, { purpose: ask.purpose })
    if (needsReason(ask.purpose) && ask.reason.trim().length < shortestReason) throw new Problem('reason_missing', 422, 'Say in a few words why you listen.', { min: shortestReason })
    if (!rendition || rendition.state === 'erased' || rendition.state === 'failed') throw new Problem('purpose_not_held', 410, `This call holds nothing for the purpose ${ask.purpose}.`, { purpose: ask.purpose })
    if (rendition.state !== 'sealed') throw new Problem('rendition_pending', 409, 'The audio for this purpose is still being prepared. Try again shortly.')
    return vault.unlock(rendition.rendition_id, ask.purpose)
  }

  async function readPeaks(key: RenditionKey, manifest: SealedStream[]): Promise<Map<number, string>> {
    const found = new Map<number, string>()
    for (const stream of manifest.filter((s) => s.name.startsWith('peaks/'))) {
      const reader = vault.openReader(key, stream)
      found.set(legOf(stream.name), (await reader.read(0, reader.size)).toString('base64'))
    }
    return found
  }

  /** Every read asks again whether the purpose still lives: a lapse ends playback under way. */
  async function media(actor: Actor, grantId: string, { request, reply }: Http): Promise<unknown> {
    const grant = grants.use(grantId, actor)
    await stillLives(grant)
    const range = parseRange(request.headers.range, grant.wav.bytes)
    if (range === 'unsatisfiable') return reply.status(416).header('content-range', `bytes */${grant.wav.bytes}`).send()
    return sendWav(reply, { wav: grant.wav, range, onServed: (span) => served(grant, span) })
  }

  async function stillLives(grant: Grant): Promise<void> {
    const row = await db.selectFrom('call_rendition').select('state').where('rendition_id', '=', grant.renditionId).executeTakeFirst()
    if (row?.state === 'sealed') return
    grants.close(grant)
    throw new Problem('purpose_not_held', 410, 'The purpose you listened for has ended.', { purpose: grant.purpose })
  }

  function served(grant: Grant, span: { fromMs: number; toMs: number }): void {
    book.served(grant.recordId, span).catch((error: unknown) => deps.log.error({ callId: grant.callId, detail: messageOf(error) }, 'what was listened to could not be added to its access record'))
  }

  return {
    routes: {
      'POST /calls/:callId/listen': ({ actor, params, body }) => listen(actor, { callId: params.callId, ...body }),
      'GET /media/:grantId': ({ actor, params, request, reply }) => media(actor, params.grantId, { request, reply }),
    },
    stop: () => grants.stop(),
  }
}
