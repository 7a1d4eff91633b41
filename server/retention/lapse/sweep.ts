import { sql } from 'kysely'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Vault } from '../../vault/index.ts'
import { idOf, type TermDb, type TermRow, type TermTx } from '../terms/terms.ts'
import { addDays } from './days.ts'
import { dueTerms } from './due.ts'
import { type ClockJudgement, type ClockState, judgeClock } from './judge.ts'
import { batchSize, keystoreDays, type Lapse, type LapseDeps } from './lapse.ts'

export type SweepDeps = {
  db: TermDb
  clock: Clock
  log: Logger
  lapse: Lapse
  vault: Pick<Vault, 'end' | 'findDead' | 'dropTrees' | 'restored'>
  append: LapseDeps['log']
  /** What other rooms end by the same day: audio as captured, which is no term. */
  alsoEnd: () => Promise<void>
} & Pick<LapseDeps, 'endWorkingCopies'>

export type SweepReport = ClockJudgement & { ended: number; destroyed: number; at: string }

const DAY_MS = 86_400_000

/** The clockwork: ends what is due, day by day, also after down time. */
export function createSweep(deps: SweepDeps) {
  const { db, clock, log, lapse } = deps
  /** The clocks at the last look that was believed. */
  let seen: { wall: number; mono: bigint } | null = null
  let report: SweepReport | null = null
  let running: Promise<SweepReport> | null = null

  async function judge(): Promise<ClockJudgement> {
    const now = { wall: clock.now(), mono: clock.monotonic() }
    const leapDays = seen && (now.wall - seen.wall - Number(now.mono - seen.mono) / 1e6) / DAY_MS
    const state = await readClock(db)
    const judged = judgeClock(state, now.wall, leapDays)
    if (judged.alarm === null) seen = now
    else log.warn({ alarm: judged.alarm, today: judged.today }, 'retention: the clock cannot be trusted')
    if (state.day !== judged.today) await saveDay(db, judged.today)
    return judged
  }

  async function run(): Promise<SweepReport> {
    const judged = await judge()
    let [ended, destroyed] = [0, (await lapse.finish()).length]
    for await (const due of dueTerms(db, 'purpose', judged.today)) {
      const part = await lapse.lapse({ terms: due.map(idOf), reason: 'clock' })
      ended += part.ended.length
      destroyed += part.destroyed.length
      if (part.held.length > 0)
        log.warn({ terms: part.held.length }, 'retention: terms are held though no hold is listed')
    }
    await lapse.audio(judged.today)
    // no clock has a say in these: they were decided
    await deps.endWorkingCopies()
    if (judged.alarm === null) await deps.alsoEnd()
    await finalise(deps, judged.today)
    await deps.vault.dropTrees()
    report = { ...judged, ended, destroyed, at: new Date(clock.now()).toISOString() }
    return report
  }

  /** Ends everything due. Calls during a run get that run's report. */
  function sweep(): Promise<SweepReport> {
    running ??= run().finally(() => (running = null))
    return running
  }

  /** At start: what a crash left half-way, and what a restored database brought back. */
  async function takeUp(): Promise<void> {
    await lapse.finish()
    await deps.endWorkingCopies()
    if (deps.vault.restored) await bury(deps)
  }

  return { sweep, takeUp, last: () => report, confirm: (day: string) => confirmDay(db, day) }
}

export type Sweep = ReturnType<typeof createSweep>

async function readClock(db: TermDb): Promise<ClockState> {
  const row = await db.selectFrom('retention_clock').select(['day', 'confirmed']).executeTakeFirst()
  return { day: row?.day ?? null, confirmed: row?.confirmed ?? null }
}

async function saveDay(db: TermDb, day: string): Promise<void> {
  await db
    .insertInto('retention_clock')
    .values({ day })
    .onConflict((c) => c.column('single').doUpdateSet({ day }))
    .execute()
}

/** Somebody vouches for a day that the program would not believe by itself. */
async function confirmDay(db: TermDb, day: string): Promise<void> {
  await db.updateTable('retention_clock').set({ confirmed: day }).execute()
}

/** Destructions that no copy of the keystore can undo any more. */
async function finalise({ db, clock, append }: SweepDeps, today: string): Promise<void> {
  const before = addDays(today, -keystoreDays)
  for (;;) {
    const done = await db.transaction().execute(async (tx) => {
      const { rows } = await sql<{ call_id: string }>`
        update destruction set final_at = ${new Date(clock.now())}
        where call_id in (select call_id from destruction where final_at is null and at < ${before}::date limit ${batchSize} for update)
        returning call_id`.execute(tx)
      if (rows.length > 0)
        await append(tx as TermTx, [
          { type: 'erasure.final', callId: null, data: { calls: rows.map((r) => r.call_id) } },
        ])
      return rows.length
    })
    if (done < batchSize) return
  }
}

type Dead = { renditionId: string; purpose: string }
const keyOf = (dead: Dead): string => `${dead.renditionId}/${dead.purpose}`

/** Whether of a term only the audio was destroyed: its purpose's door to the card still opens. */
const lostAudioOnly = ({ segment, audio_last_day, card_id, purpose }: TermRow, dead: Set<string>): boolean =>
  // of contract windows the door stays while another lives: there it tells nothing, and the term ends
  segment === 0 && audio_last_day !== null && !dead.has(keyOf({ renditionId: card_id, purpose }))

/** A restored database lists what was destroyed since its backup: those terms end again, so that its rows tell the truth. */
async function bury({ db, vault, lapse, log }: SweepDeps): Promise<void> {
  const dead: Dead[] = []
  for await (const each of vault.findDead()) dead.push(each)
  const keys = new Set(dead.map(keyOf))
  for (let at = 0; at < dead.length; at += batchSize) {
    const part = dead.slice(at, at + batchSize)
    const { rows } = await sql<TermRow>`
      select distinct t.* from term t
      join unnest(${part.map((d) => d.renditionId)}::uuid[], ${part.map((d) => d.purpose)}::text[]) as d(rendition_id, purpose)
        on t.purpose = d.purpose and d.rendition_id in (t.rendition_id, t.card_id)
      where t.state = 'live'`.execute(db)
    const audioOnly = rows.filter((r) => lostAudioOnly(r, keys))
    if (audioOnly.length > 0) await lapse.audioOf(audioOnly)
    await lapse.lapse({ terms: rows.filter((r) => !audioOnly.includes(r)).map(idOf), reason: 'restored' })
    // Wraps that no term names (the audio as captured): their rows go too.
    await vault.end(part.map((d) => ({ renditionId: d.renditionId, purpose: d.purpose })))
  }
  if (dead.length > 0)
    log.warn(
      { keys: dead.length },
      'retention: the database was restored; what had been destroyed since stays destroyed',
    )
}
