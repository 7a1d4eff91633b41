import { setTimeout as sleep } from 'node:timers/promises'
import { UploadFacts, type UploadState } from '../../../contract/models/calls.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { isProblem, messageOf, Problem } from '../../platform/problem.ts'
import type { RenditionKey, SealedStream, StreamWriter, Vault, VaultFault } from '../../vault/index.ts'
import { lastProcessingDay } from '../purposes.ts'
import type { CaptureDb } from '../recorder/ledger.ts'

/** Bytes accepted but not yet safe on disk, past which the sender is made to wait. */
const aheadLimit = 8 << 20

/** Whoever sends is to wait: the disk is slower, which is not full. */
export const isAhead = (writer: Pick<StreamWriter, 'appended' | 'durable' | 'crowded'>, limit = aheadLimit): boolean =>
  writer.crowded || writer.appended - writer.durable > limit

export type UploadDeps = {
  db: CaptureDb
  vault: Vault
  clock: Clock
  maxBytes: number
  processingDays: number
  /** Refuses at once what the policy would not record. Throws Problem `policy_refuses`. */
  admit(callId: string, facts: UploadFacts): void
  /** Queues decoding in the transaction that completes the upload. */
  enqueueDecode(tx: CaptureDb, uploadId: string): Promise<void>
  changed(upload: UploadState, personId: string | null): void
}

type Receiving = { key: RenditionKey; writer: StreamWriter; sealed: SealedStream[]; busy: boolean; full: boolean }

type Row = {
  id: string
  state: UploadState['state']
  call_id: string
  rendition_id: string
  size: number
  received: number
  facts: Buffer
  problem: UploadState['problem']
  person_id: string | null
  token_id: string | null
}

export const uploadProblem = {
  unknown: () => new Problem('upload_unknown', 404, 'There is no such upload of yours. Begin a new one.'),
  offset: (at: number) =>
    new Problem('upload_offset', 409, `The upload stands at byte ${at}: continue from there.`, { offset: at }),
  busy: () => new Problem('upload_busy', 423, 'Bytes of this upload are arriving on another connection.'),
  tooLarge: (max: number) => new Problem('upload_too_large', 413, `A file may have at most ${max} bytes.`, { max }),
  disk: () => new Problem('disk_full', 507, 'The disk is full: the file was not kept. Free some space and try again.'),
}

/** Whether a refusing disk ends the work at hand: a full one is waited for while memory lasts. */
export const isFatal = (fault: VaultFault | null): boolean => fault !== null && (fault.lost || fault.kind === 'io')

/** Receives files in pieces, encrypted as they arrive; survives a restart by what had become durable. */
export function createIntake(deps: UploadDeps) {
  const { db, vault, clock } = deps
  const receiving = new Map<string, Receiving>()

  /** `facts` null: they follow the body, and the policy is asked then. `more` is what only an import knows (vCon). */
  async function begin(actor: Actor, size: number, facts: unknown, more: object = {}): Promise<UploadState> {
    if (size > deps.maxBytes) throw uploadProblem.tooLarge(deps.maxBytes)
    const checked = parseFacts(facts)
    const id = newId()
    const callId = newId()
    if (facts !== null) deps.admit(callId, checked)
    const now = new Date(clock.now())
    const renditionId = newId()
    const row = {
      id,
      state: 'receiving' as const,
      call_id: callId,
      rendition_id: renditionId,
      size,
      received: 0,
      facts: vault.box.seal('upload.facts', JSON.stringify({ ...checked, ...more })),
      problem: null,
      person_id: actor.personId,
      token_id: actor.tokenId,
      created_at: now,
      updated_at: now,
    }
    const key = await db.transaction().execute(async (tx) => {
      await tx.insertInto('upload').values(row).execute()
      return vault.createRendition(tx, {
        id: renditionId,
        callId,
        format: 'lanes',
        purpose: 'processing',
        wraps: [{ purpose: 'processing', expiresOn: lastProcessingDay(clock.now(), deps.processingDays) }],
      })
    })
    receiving.set(id, { key, writer: openPiece(id, key, 0), sealed: [], busy: false, full: false })
    return stateOf(row)
  }

  function openPiece(id: string, key: RenditionKey, n: number): StreamWriter {
    return vault.openWriter(key, `original/${n}`, (fault) => {
      const upload = receiving.get(id)
      if (upload && isFatal(fault)) upload.full = true
    })
  }

  /** The upload with its open writer; after a restart, what was durable is closed and a new piece begins. */
  async function resume(actor: Actor, id: string): Promise<{ row: Row; live: Receiving }> {
    const row = await find(actor, id)
    if (row.state !== 'receiving') throw uploadProblem.unknown()
    const known = receiving.get(id)
    if (known) return { row, live: known }
    const key = await vault.unlock(row.rendition_id, 'processing')
    const sealed = (await vault.recover(key))
      .filter((s) => s.name.startsWith('original/'))
      .sort((a, b) => pieceOf(a) - pieceOf(b))
    const live = { key, writer: openPiece(id, key, sealed.length), sealed, busy: false, full: false }
    receiving.set(id, live)
    return { row, live }
  }

  const offsetOf = (live: Receiving): number => live.sealed.reduce((sum, s) => sum + s.bytes, 0) + live.writer.appended

  /** Takes bytes from `offset` on until the body ends. When all have arrived, decoding is queued. */
  async function write(
    actor: Actor,
    id: string,
    offset: number,
    body: AsyncIterable<Buffer>,
  ): Promise<{ offset: number; state: UploadState }> {
    const { row, live } = await resume(actor, id)
    if (live.busy) throw uploadProblem.busy()
    if (offset !== offsetOf(live)) throw uploadProblem.offset(offsetOf(live))
    live.busy = true
    try {
      await take(live, body, row.size)
      const received = offsetOf(live)
      await db
        .updateTable('upload')
        .set({ received, updated_at: new Date(clock.now()) })
        .where('id', '=', id)
        .execute()
      const state = received === row.size ? await complete(id, row, live) : stateOf({ ...row, received })
      deps.changed(state, row.person_id)
      return { offset: received, state }
    } finally {
      live.busy = false
    }
  }

  async function take(live: Receiving, body: AsyncIterable<Buffer>, size: number): Promise<void> {
    for await (const bytes of body) {
      if (offsetOf(live) + bytes.length > size)
        throw new Problem('upload_longer', 400, `More bytes arrived than the ${size} announced.`, { size })
      live.writer.append(bytes)
      while (isAhead(live.writer) && !live.full) await sleep(20)
      if (live.full || live.writer.dropped > 0) throw uploadProblem.disk()
    }
  }

  async function complete(id: string, row: Row, live: Receiving): Promise<UploadState> {
    await live.writer.finish()
    live.key.dispose()
    receiving.delete(id)
    await db.transaction().execute(async (tx) => {
      await tx
        .updateTable('upload')
        .set({ state: 'decoding', received: row.size, updated_at: new Date(clock.now()) })
        .where('id', '=', id)
        .execute()
      await deps.enqueueDecode(tx as never, id)
    })
    return stateOf({ ...row, received: row.size, state: 'decoding' })
  }

  /** A body whose length is known only at its end (multipart). `facts` is asked once everything has arrived. */
  async function receiveWhole(
    actor: Actor,
    body: AsyncIterable<Buffer>,
    facts: () => Promise<unknown>,
  ): Promise<UploadState> {
    const begun = await begin(actor, deps.maxBytes, null)
    try {
      const { row, live } = await resume(actor, begun.id)
      await take(live, body, deps.maxBytes)
      const checked = parseFacts(await facts())
      deps.admit(row.call_id, checked)
      const size = offsetOf(live)
      await db
        .updateTable('upload')
        .set({ size, facts: vault.box.seal('upload.facts', JSON.stringify(checked)) })
        .where('id', '=', begun.id)
        .execute()
      return await complete(begun.id, { ...row, size }, live)
    } catch (error) {
      await refuse(begun.id, error)
      throw error
    }
  }

  /** A recording that came inside another document: its media, and the document itself as the stream `source/0`. */
  async function receiveImport(
    actor: Actor,
    item: { media: Buffer; source: Buffer; facts: unknown; more: object },
  ): Promise<UploadState> {
    const begun = await begin(actor, item.media.length, item.facts, item.more)
    try {
      const { row, live } = await resume(actor, begun.id)
      const source = vault.openWriter(live.key, 'source/0', (fault) => (live.full ||= isFatal(fault)))
      source.append(item.source)
      await take(live, pieces(item.media), item.media.length)
      await source.finish()
      return await complete(begun.id, row, live)
    } catch (error) {
      await refuse(begun.id, error)
      throw error
    }
  }

  /** Ends an upload for a reason and destroys what had arrived: nothing is left behind. */
  async function refuse(id: string, error: unknown): Promise<void> {
    const live = receiving.get(id)
    receiving.delete(id)
    await live?.writer.finish().catch(() => undefined)
    live?.key.dispose()
    const problem = isProblem(error)
      ? { code: error.code, detail: error.message, params: error.params }
      : { code: 'internal', detail: messageOf(error) }
    const row = await db.selectFrom('upload').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) return
    await vault.erase(row.rendition_id)
    await db
      .updateTable('upload')
      .set({
        state: 'refused',
        problem: JSON.stringify(problem),
        facts: Buffer.alloc(0),
        updated_at: new Date(clock.now()),
      })
      .where('id', '=', id)
      .execute()
    deps.changed(stateOf({ ...row, state: 'refused', problem }), row.person_id)
  }

  async function find(actor: Actor, id: string): Promise<Row> {
    const row = await db.selectFrom('upload').selectAll().where('id', '=', id).executeTakeFirst()
    const mine = row && (actor.personId ? row.person_id === actor.personId : row.token_id === actor.tokenId)
    if (!row || !mine) throw uploadProblem.unknown()
    return row
  }

  const progress = new Map<string, number>()
  const stateOf = (row: Pick<Row, 'id' | 'state' | 'received' | 'size' | 'call_id' | 'problem'>): UploadState => ({
    id: row.id,
    state: row.state,
    received: Number(row.received),
    size: Number(row.size),
    progress: row.state === 'done' ? 1 : (progress.get(row.id) ?? 0),
    callId: row.state === 'done' ? row.call_id : null,
    problem: row.problem,
  })

  return {
    begin,
    write,
    receiveWhole,
    receiveImport,
    refuse,
    progress,
    stateOf,
    state: async (actor: Actor, id: string): Promise<UploadState> => stateOf(await find(actor, id)),
    offset: async (actor: Actor, id: string): Promise<{ offset: number; size: number }> => {
      const row = await find(actor, id)
      if (row.state !== 'receiving') return { offset: Number(row.size), size: Number(row.size) }
      const { live } = await resume(actor, id)
      return { offset: offsetOf(live), size: Number(row.size) }
    },
    abandon: async (actor: Actor, id: string): Promise<void> => {
      await find(actor, id)
      await refuse(id, new Problem('upload_abandoned', 410, 'The upload was given up.'))
    },
    /** Uploads nobody continued for a day are given up, so that nothing half-received stays. */
    sweep: async (olderThan: Date): Promise<void> => {
      const stale = await db
        .selectFrom('upload')
        .select('id')
        .where('state', '=', 'receiving')
        .where('updated_at', '<', olderThan)
        .execute()
      for (const { id } of stale)
        if (!receiving.get(id)?.busy)
          await refuse(id, new Problem('upload_abandoned', 410, 'The upload was not continued for a day.'))
    },
  }
}

export type Intake = ReturnType<typeof createIntake>

async function* pieces(bytes: Buffer): AsyncGenerator<Buffer> {
  const step = 1 << 20
  for (let at = 0; at < bytes.length; at += step) yield bytes.subarray(at, at + step)
}

const pieceOf = (stream: SealedStream): number => Number(stream.name.split('/')[1])

/** Throws Problem `facts_not_valid` naming the field. */
export function parseFacts(facts: unknown): UploadFacts {
  const result = UploadFacts.safeParse(facts ?? {})
  if (result.success) return result.data
  const { path, message } = result.error.issues[0] ?? { path: [], message: 'not valid' }
  const field = path.join('.')
  throw new Problem('facts_not_valid', 400, `${['facts', ...path].join('.')}: ${message}`, { field })
}
