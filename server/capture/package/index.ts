import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { Evidence } from '../../evidence/index.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor, Handlers } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import type { RenditionKey, Vault } from '../../vault/index.ts'
import type { Queries } from '../calls/queries.ts'
import type { Papers } from '../papers.ts'
import type { AccessBook } from '../playback/access.ts'
import type { Permit, Permits } from '../playback/permit.ts'
import { readDisclosure, samplesOf } from '../sealing/audio.ts'
import { openLanes } from '../sealing/derive.ts'
import { documentsOf } from './documents.ts'

export type PackageDeps = {
  vault: Vault
  evidence: Pick<Evidence, 'history' | 'package' | 'audio'>
  queries: Queries
  permits: Permits
  papers: Papers
  book: Pick<AccessBook, 'served'>
  clock: Clock
}
export type PackageKeys = 'POST /calls/:callId/package'

type PackagedCall = Parameters<Evidence['package']>[0]
type Wish = NonNullable<Parameters<Evidence['package']>[1]>
type Open = { close(): void }

/** Media type of an ASiC-E container (ETSI EN 319 162-1 §4.4). */
const mediaType = 'application/vnd.etsi.asic-e+zip'

/** Proof of a call, to leave the house: asked for the purpose evidence, written down like any listening. */
export function packageRoutes(deps: PackageDeps): Handlers<PackageKeys> {
  return {
    'POST /calls/:callId/package': async ({ actor, params, body, reply }) => {
      const { segment, reason, caseRef, masks, span } = body
      const permit = await deps.permits.audio(actor, {
        callId: params.callId,
        purpose: 'evidence',
        segment,
        reason,
        caseRef,
        cut: masks.length > 0 ? 'silenced' : span && 'window',
        action: 'export',
      })
      const wish: Wish = { masks, ...(span && { span }) }
      const bytes = packageOf(deps, { actor, permit, wish })
      // what is wrong is told before anything is sent
      const first = await bytes.next()
      return sendPackage(reply, { name: `${params.callId}.asice`, first: first.value as Buffer, rest: bytes })
    },
  }
}

function sendPackage(
  reply: FastifyReply,
  { name, first, rest }: { name: string; first: Buffer; rest: AsyncGenerator<Buffer> },
): FastifyReply {
  async function* all(): AsyncGenerator<Buffer> {
    yield first
    yield* rest
  }
  const body = Readable.from(all(), { objectMode: false })
  // a reader that goes away must not leave keys open
  body.once('close', () => void rest.return(undefined))
  void reply.headers({
    'content-type': mediaType,
    'content-disposition': `attachment; filename="${name}"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  })
  return reply.send(body)
}

/** Keys and lanes are open while the bytes are read, and no longer. */
async function* packageOf(
  deps: PackageDeps,
  { actor, permit, wish }: { actor: Actor; permit: Permit; wish: Wish },
): AsyncGenerator<Buffer> {
  const open: Open[] = [{ close: () => permit.key.dispose() }]
  try {
    const call = await packagedCall(deps, { actor, permit, open })
    yield* deps.evidence.package(call, wish)
    await deps.book.served(permit.recordId, wish.span ?? { fromMs: 0, toMs: call.endedAt - call.startedAt })
  } finally {
    for (const each of open) each.close()
  }
}

async function packagedCall(
  deps: PackageDeps,
  { actor, permit, open }: { actor: Actor; permit: Permit; open: Open[] },
): Promise<PackagedCall> {
  const { id: callId, card_id } = permit.call
  if (!card_id) throw new Problem('purpose_not_held', 410, 'This call holds nothing any more.', { purpose: 'evidence' })
  const card = await deps.vault.unlock(card_id, 'evidence')
  open.push({ close: () => card.dispose() })
  const call = await deps.queries.detail(actor, callId)
  const lanes = await lanesOf(deps, permit.key, open)
  return {
    callId,
    protocol: call.protocol,
    startedAt: Date.parse(call.startedAt),
    endedAt: Date.parse(call.startedAt) + call.durationMs,
    purposes: call.decision.purposes.map((key) => deps.papers.purposeName(key) ?? { it: key, fr: key, en: key }),
    policyVersion: String(call.decision.policyVersion),
    lanes: lanes.map((lane) => ({
      ...lane,
      role: call.legs.find(({ index }) => index === lane.lane)?.role ?? 'unknown',
    })),
    documents: await documentsOf(deps, call, lanes),
    events: await deps.evidence.history(callId, card),
  }
}

/** The lanes of a rendition with what proves them. Throws Problem `package_not_sealed` (409). */
async function lanesOf(
  { vault, evidence }: PackageDeps,
  key: RenditionKey,
  open: Open[],
): Promise<Omit<PackagedCall['lanes'][number], 'role'>[]> {
  const manifest = await vault.manifest(key.renditionId)
  const disclosure = await readDisclosure(vault, { key, manifest })
  if (!disclosure)
    throw new Problem('package_not_sealed', 409, 'This call was recorded before audio was sealed block by block.')
  const lanes = await openLanes(vault, key, manifest)
  open.push(...lanes.map(({ lane }) => lane))
  return evidence.audio.lanes(disclosure).map((sealed) => {
    const found = lanes.find(({ leg }) => leg === sealed.lane)
    return { ...sealed, open: found ? samplesOf(found.lane) : nothing }
  })
}

async function* nothing(): AsyncGenerator<Buffer> {}
