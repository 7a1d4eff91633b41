import { crc32 } from 'node:zlib'
import { sql } from 'kysely'
import type { Redaction } from '../../../contract/models/calls.ts'
import type { AudioMaterial } from '../../../contract/models/retention.ts'
import { Problem } from '../../platform/problem.ts'
import type { RenditionKey, Vault } from '../../vault/index.ts'
import { asL16, type Lane, maskedLane, renderWav } from '../media/index.ts'
import type { CaptureDb } from '../recorder/ledger.ts'
import { openLanes } from '../sealing/derive.ts'
import type { AccessBook, Recorded } from './access.ts'
import { arrange } from './arrange.ts'
import { redactionOf } from './permit.ts'

export type PersonMask = { lane?: number | undefined; fromMs: number; toMs: number }

/** A recording as its person gets it: a WAV that is rendered as it is read. */
export type PersonCopy = { name: string; size: number; crc: number; open(): AsyncIterable<Buffer> }

type Deps = { db: CaptureDb; vault: Vault; book: Pick<AccessBook, 'record'> }
type Ask = {
  callId: string
  masks: readonly PersonMask[]
  /** False: what is known of the call is given, and no audio. */
  audio: boolean
  /** Whether what was said is given as text. */
  text: boolean
  /** Who is given it: the person, or who answers for the request. */
  to: Recorded
  /** The request it answers. */
  requestId: string
}

/** Carrying out the rights of data subjects (W3C DPV 2.3). */
const rightsIri = 'https://w3id.org/dpv#RightsFulfilment'

/**
 * Gives `use` what is recorded of a call for the person it is of (GDPR art. 15(3)): the whole call while a purpose keeps it whole, else
 * the windows that are kept. With some passages silent. Written down as an access for the purpose `rights`. Keys are open as long as
 * `use` works.
 */
export async function* personCopy(
  { db, vault, book }: Deps,
  ask: Ask,
  use: (copies: PersonCopy[]) => AsyncGenerator<Buffer>,
): AsyncGenerator<Buffer> {
  const call = await db.selectFrom('call').selectAll().where('id', '=', ask.callId).executeTakeFirst()
  if (!call) throw new Problem('call_unknown', 404, 'There is no such call.')
  const held = ask.audio ? await keptRenditions(db, ask.callId) : []
  const open: { close(): void }[] = []
  try {
    const copies: PersonCopy[] = []
    for (const [i, { rendition_id, purpose }] of held.entries()) {
      const key = await vault.unlock(rendition_id, purpose)
      open.push({ close: () => key.dispose() })
      const name = held.length === 1 ? 'recording.wav' : `recording-${i + 1}.wav`
      copies.push(await copyOf({ db, vault }, { key, name, ask, open }))
    }
    await book.record(ask.to, {
      action: 'export',
      callId: ask.callId,
      agentId: call.agent_id,
      renditionId: held[0]?.rendition_id ?? null,
      segment: held[0]?.segment ?? null,
      purpose: 'rights',
      purposeIri: rightsIri,
      legalBasis: 'legal_obligation',
      reason: '',
      caseRef: ask.requestId,
      redaction: handedOut(ask, held[0]),
      outcome: 'allowed',
    })
    yield* use(copies)
  } finally {
    for (const each of open) each.close()
  }
}

/** Null: what is known of the call, and neither audio nor what was said. */
const handedOut = (ask: Ask, held: Held | undefined): Redaction | null => {
  if (!held) return ask.text ? 'masked' : null
  return ask.masks.length > 0 ? 'silenced' : redactionOf(held)
}

type Held = { rendition_id: string; purpose: string; segment: number; material: AudioMaterial | null }

async function keptRenditions(db: CaptureDb, callId: string): Promise<Held[]> {
  const sealed = await db
    .selectFrom('call_rendition')
    .select(['rendition_id', 'purpose', 'segment', 'material'])
    .where('call_id', '=', callId)
    .where('material', 'is not', null)
    .where('state', '=', 'sealed')
    .orderBy(sql`material = 'original'`, 'desc')
    .orderBy('purpose')
    .orderBy('segment')
    .execute()
  const whole = sealed.find(({ segment }) => segment === 0)
  return whole ? [whole] : sealed
}

async function copyOf(
  { db, vault }: { db: CaptureDb; vault: Vault },
  { key, name, ask, open }: { key: RenditionKey; name: string; ask: Ask; open: { close(): void }[] },
): Promise<PersonCopy> {
  const lanes = await openLanes(vault, key, await vault.manifest(key.renditionId))
  open.push(...lanes.map(({ lane }) => lane))
  const legs = await db.selectFrom('call_leg').select(['index', 'role']).where('call_id', '=', ask.callId).execute()
  const silenced = (leg: number, lane: Lane): Lane =>
    // as samples: whoever gets it may not have a player for G.711
    maskedLane(
      asL16(lane, lane.rate),
      ask.masks.filter((mask) => mask.lane === undefined || mask.lane === leg),
    )
  const { wav } = arrange(
    lanes.map(({ leg, lane }) => ({
      leg,
      lane: silenced(leg, lane),
      role: legs.find(({ index }) => index === leg)?.role ?? 'unknown',
    })),
  )
  let crc = 0
  for await (const piece of renderWav(wav)) crc = crc32(piece, crc)
  return { name, size: wav.bytes, crc, open: () => renderWav(wav) }
}
