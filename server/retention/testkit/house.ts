import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { manualClock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import { silentLog } from '../../platform/log.ts'
import { localObjects, type Objects } from '../../platform/objects/index.ts'
import { type TestDatabase, testDatabase } from '../../platform/testkit/database.ts'
import { createVault, fileEpochKeys, type PurposeName, type Vault } from '../../vault/index.ts'
import { createHolds } from '../holds/holds.ts'
import { createLapse, type Eraser, type LapseDeps, type LogEntry } from '../lapse/lapse.ts'
import { createSweep } from '../lapse/sweep.ts'
import { openTerms, type TermDb, termsOf, type TermTx } from '../terms/terms.ts'

export const DAY = 86_400_000

/** What capture does when terms end. */
type Recorder = Pick<LapseDeps, 'endWorkingCopies'> & Pick<Eraser, 'erase'>

/**
 * A vault with terms, lapses and holds over a real database, for tests: everything but the calls' audio itself. `recorder` stands in
 * for capture.
 */
export async function house(recorder?: (of: { db: TermDb; vault: Vault }) => Recorder) {
  const database: TestDatabase = await testDatabase()
  const db = database.db as TermDb
  const root = await mkdtemp(join(tmpdir(), 'verbale-terms-'))
  const clock = manualClock()
  const logged: LogEntry[] = []
  const erased: string[] = []
  /** Changes of files, log entries and erasures still allowed; the process is as good as dead after the last. */
  let lives = Number.POSITIVE_INFINITY
  const step = (): void => {
    if (lives-- <= 0) throw new Error('killed here')
  }
  let parts = await open()

  function mortal(objects: Objects): Objects {
    return {
      ...objects,
      create: async (path) => (step(), objects.create(path)),
      rename: async (from, to) => (step(), objects.rename(from, to)),
      removeFolder: async (path) => (step(), objects.removeFolder(path)),
      syncFolder: async (path) => (step(), objects.syncFolder(path)),
    }
  }

  async function open() {
    const vault = await createVault({
      db: db as never,
      objects: mortal(localObjects(join(root, 'objects'))),
      keys: mortal(localObjects(join(root, 'keys'))),
      epochKeys: fileEpochKeys([localObjects(join(root, 'epoch'))]),
      clock,
      log: silentLog,
      settings: { flushMs: 5 },
    })
    return partsOver(vault)
  }

  function partsOver(vault: Vault) {
    const real = recorder?.({ db, vault })
    const append = async (_: TermTx, entries: LogEntry[]): Promise<void> => {
      step()
      logged.push(...entries)
    }
    const eraser: Eraser = {
      room: 'capture',
      erase: async (tx, lapsed) => {
        step()
        await real?.erase(tx, lapsed)
        for (const l of lapsed) erased.push(`${l.callId}/${l.purpose}/${l.segment}${l.last ? '!' : ''}`)
        return new Map(lapsed.filter((l) => l.last).map((l) => [l.callId, { legs: 2 }]))
      },
      eraseAudio: async (_, terms) => {
        step()
        for (const t of terms) erased.push(`${t.callId}/${t.purpose}/${t.segment} audio`)
      },
    }
    const endWorkingCopies = real?.endWorkingCopies ?? (async () => {})
    const lapse = createLapse({ db, vault, clock, erasers: () => [eraser], endWorkingCopies, log: append })
    const sweep = createSweep({
      db,
      clock,
      log: silentLog,
      lapse,
      vault,
      append,
      alsoEnd: async () => {},
      endWorkingCopies,
    })
    const holds = createHolds({
      db,
      vault,
      box: vault.box,
      clock,
      log: async (_, entry) => {
        step()
        logged.push(entry as unknown as LogEntry)
      },
      released: async () => {},
    })
    return { vault, lapse, sweep, holds }
  }

  /** A call with a card, its audio as captured and a rendition for each purpose that keeps audio. */
  async function call(
    lastDays: Partial<Record<'evidence' | 'training' | 'analytics', number>>,
    who: Buffer | null = null,
    /** Days until the audio of a purpose ends, where that is before the rest. */
    audioDays: Partial<Record<string, number>> = {},
  ): Promise<{ id: string; card: string; workingCopy: string; renditions: Record<string, string> }> {
    const { vault, holds } = parts
    const [id, card, workingCopy] = [newId(), newId(), newId()]
    const startedAt = new Date(clock.now())
    const day = (days: number): Date => new Date(clock.now() + days * DAY)
    const terms = Object.entries(lastDays).map(([purpose, days]) => ({
      purpose: purpose,
      expiresOn: day(days),
      renditionId: purpose === 'analytics' ? null : newId(),
      audioLastDay: audioDays[purpose] === undefined ? null : day(audioDays[purpose]),
    }))
    await db.transaction().execute(async (tx) => {
      const make = async (
        rendition: string,
        format: 'card' | 'lanes',
        wraps: { purpose: PurposeName; expiresOn: Date }[],
      ) =>
        (
          await vault.createRendition(tx, {
            id: rendition,
            callId: id,
            format,
            purpose: wraps[0]?.purpose ?? 'card',
            wraps,
          })
        ).dispose()
      const processing = { purpose: 'processing' as const, expiresOn: day(7) }
      await make(card, 'card', [...terms, processing])
      await make(workingCopy, 'lanes', [processing])
      for (const t of terms)
        if (t.renditionId) await make(t.renditionId, 'lanes', [{ ...t, expiresOn: t.audioLastDay ?? t.expiresOn }])
      await openTerms(tx as TermTx, {
        callId: id,
        cardId: card,
        startedAt,
        country: 'IT',
        customerIndex: who,
        terms: terms.map((t) => ({
          purpose: t.purpose,
          renditionId: t.renditionId,
          basis: 'contract',
          lastDay: t.expiresOn,
          audioLastDay: t.audioLastDay,
        })),
      })
      await holds.catchCall(tx as TermTx, id, who)
    })
    return {
      id,
      card,
      workingCopy,
      renditions: Object.fromEntries(terms.map((t) => [t.purpose, t.renditionId ?? card])),
    }
  }

  /** A call whose evidence rests on the contract and whose training on legitimate interests. Returns its id. */
  async function callWithInterests(who: Buffer): Promise<string> {
    const { id } = await call({ evidence: 50, training: 50 }, who)
    const training = db.updateTable('term').where('call_id', '=', id).where('purpose', '=', 'training')
    await training.set({ basis: 'legitimate_interests' }).execute()
    return id
  }

  return {
    db,
    root,
    clock,
    logged,
    erased,
    call,
    callWithInterests,
    someone: () => randomBytes(32),
    get vault() {
      return parts.vault
    },
    get lapse() {
      return parts.lapse
    },
    get sweep() {
      return parts.sweep
    },
    get holds() {
      return parts.holds
    },
    /** Everything fails from the `n`th change on, until the next start. */
    dieAfter(n: number): void {
      lives = n
    },
    /** Stops and starts again on the same data. */
    async restart(): Promise<void> {
      lives = Number.POSITIVE_INFINITY
      await parts.vault.stop()
      parts = await open()
      await parts.sweep.takeUp()
      await parts.holds.takeUp()
    },
    /** Which purposes of a call still open, card included. */
    async opens(of: { card: string; renditions: Record<string, string> }): Promise<string[]> {
      const found: string[] = []
      for (const [purpose, rendition] of [...Object.entries(of.renditions), ['processing', of.card] as const]) {
        const key = await parts.vault.unlock(rendition, purpose).catch(() => null)
        if (key) found.push(purpose)
        key?.dispose()
      }
      return found.toSorted()
    },
    states: async (callId: string): Promise<Record<string, string>> =>
      Object.fromEntries(
        (await termsOf(db, callId)).map((t) => [t.purpose, t.reason ? `${t.state} ${t.reason}` : t.state]),
      ),
    async close(): Promise<void> {
      await parts.vault.stop()
      await rm(root, { recursive: true, force: true })
      await database.drop()
    },
  }
}

export type House = Awaited<ReturnType<typeof house>>
