import type { ListenGrant } from '../../../contract/models/calls.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor, Handlers, Http } from '../../platform/http/handlers.ts'
import type { Logger } from '../../platform/log.ts'
import { messageOf, Problem } from '../../platform/problem.ts'
import type { RenditionKey, SealedStream, Vault } from '../../vault/index.ts'
import { gapsOf } from '../calls/view.ts'
import { msOf, PEAKS_PER_SECOND } from '../media/index.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import { legOf, openLanes } from '../sealing/derive.ts'
import type { AccessBook } from './access.ts'
import { arrange, type LegRole } from './arrange.ts'
import { createGrants, type Grant, grantEnded, grantIdleMs, holderOf } from './grants.ts'
import type { PermitAsk, Permits } from './permit.ts'
import { parseRange } from './range.ts'
import { sendWav } from './send.ts'

export type PlaybackDeps = {
  db: CaptureDb
  vault: Vault
  clock: Clock
  log: Logger
  permits: Permits
  book: AccessBook
  restricted(callId: string): Promise<boolean>
}
export type PlaybackKeys = 'POST /calls/:callId/listen' | 'GET /media/:grantId'

/** Listening: a purpose is asked, checked, written down; then one rendition may be read by the session that asked. */
export function createPlayback(deps: PlaybackDeps): {
  routes: Handlers<PlaybackKeys>
  endOf(renditionId: string): void
  stop(): void
} {
  const { db, vault, clock, permits, book } = deps
  const grants = createGrants(() => clock.now())

  async function listen(actor: Actor, ask: Omit<PermitAsk, 'action' | 'cut'>): Promise<ListenGrant> {
    const editions = await editionsOf(ask.callId)
    const { call, key, recordId } = await permits.audio(actor, { ...ask, action: 'play' })
    const edition = editions.get(key.renditionId) ?? 0
    try {
      const manifest = await vault.manifest(key.renditionId)
      const opened = await openLanes(vault, key, manifest)
      const legs = await db.selectFrom('call_leg').selectAll().where('call_id', '=', call.id).orderBy('index').execute()
      const lanes = opened.map((o) => o.lane)
      const roleOf = (leg: number): LegRole => legs.find((l) => l.index === leg)?.role ?? 'unknown'
      const { wav, channelOf } = arrange(opened.map(({ leg, lane }) => ({ leg, lane, role: roleOf(leg) })))
      const grant = grants.add({
        callId: call.id,
        renditionId: key.renditionId,
        edition,
        purpose: ask.purpose,
        recordId,
        holder: holderOf(actor),
        key,
        lanes,
        wav,
      })
      const peaks = await readPeaks(key, manifest)
      return {
        id: grant.id,
        mediaUrl: `/api/v1/media/${grant.id}`,
        durationMs: msOf(wav.samples, wav.rate),
        expiresAt: new Date(clock.now() + grantIdleMs).toISOString(),
        lanes: opened.map(({ leg }) => ({
          leg,
          role: roleOf(leg),
          channel: channelOf(leg),
          peaks: peaks.get(leg) ?? '',
        })),
        peaksPerSecond: PEAKS_PER_SECOND,
        gaps: gapsOf(legs),
        unplayable: opened.filter((o) => o.undecodable).map((o) => o.leg),
      }
    } catch (error) {
      key.dispose()
      // written again under another key just now
      if ((await editionsOf(ask.callId)).get(key.renditionId) !== edition) throw grantEnded()
      throw error
    }
  }

  async function editionsOf(callId: string): Promise<Map<string, number>> {
    const rows = await db
      .selectFrom('call_rendition')
      .select(['rendition_id', 'edition'])
      .where('call_id', '=', callId)
      .execute()
    return new Map(rows.map((row) => [row.rendition_id, row.edition]))
  }

  async function readPeaks(key: RenditionKey, manifest: SealedStream[]): Promise<Map<number, string>> {
    const found = new Map<number, string>()
    for (const stream of manifest.filter((s) => s.name.startsWith('peaks/'))) {
      const reader = vault.openReader(key, stream)
      found.set(legOf(stream.name), (await reader.read(0, reader.size)).toString('base64'))
    }
    return found
  }

  /**
   * Every read asks again whether the purpose still lives, and the audio is that which was asked for: a lapse ends playback under way,
   * and so does what is destroyed in the audio.
   */
  async function media(actor: Actor, grantId: string, { request, reply }: Http): Promise<unknown> {
    const grant = grants.use(grantId, actor)
    await stillLives(grant)
    const range = parseRange(request.headers.range, grant.wav.bytes)
    if (range === 'unsatisfiable') return reply.status(416).header('content-range', `bytes */${grant.wav.bytes}`).send()
    return sendWav(reply, { wav: grant.wav, range, onServed: (span) => served(grant, span) })
  }

  async function stillLives(grant: Grant): Promise<void> {
    const row = await db
      .selectFrom('call_rendition')
      .select(['state', 'edition'])
      .where('rendition_id', '=', grant.renditionId)
      .executeTakeFirst()
    const restricted = await deps.restricted(grant.callId)
    const same = row?.edition === grant.edition
    if (row?.state === 'sealed' && same && !restricted) return
    grants.close(grant)
    if (restricted) throw new Problem('call_restricted', 423, 'The use of this call was restricted meanwhile.')
    if (row?.state === 'sealed') throw grantEnded()
    throw new Problem('purpose_not_held', 410, 'The purpose you listened for has ended.', { purpose: grant.purpose })
  }

  function served(grant: Grant, span: { fromMs: number; toMs: number }): void {
    book
      .served(grant.recordId, span)
      .catch((error: unknown) =>
        deps.log.error(
          { callId: grant.callId, detail: messageOf(error) },
          'what was listened to could not be added to its access record',
        ),
      )
  }

  return {
    routes: {
      'POST /calls/:callId/listen': ({ actor, params, body }) => listen(actor, { callId: params.callId, ...body }),
      'GET /media/:grantId': ({ actor, params, request, reply }) => media(actor, params.grantId, { request, reply }),
    },
    endOf: (renditionId) => grants.endOf(renditionId),
    stop: () => grants.stop(),
  }
}
