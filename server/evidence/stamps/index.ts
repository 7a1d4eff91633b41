import type { Kysely } from 'kysely'
import type { Level } from '../../../proof/package/format.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem } from '../../platform/problem.ts'
import type { Events } from '../events.ts'
import { type Authority, sha256, type Stamp } from './client.ts'
import { firstSigned, firstStampOver, newestCheckpoint, newestStamp, type StampTables } from './store.ts'

export { type Authority, createAuthority } from './client.ts'
export type { StampTables } from './store.ts'

export type StampSettings = {
  /** Least time between two stamps, ms: what happens in between is covered by the next one. */
  everyMs: number
  /** A stamp older than this raises the alarm; half of it without a stamp asks for one even when nothing new happened. */
  alarmMs: number
  /** Wait after the first failure, ms; doubled for each further one up to `longestRetryMs`, and up to half shortened at random. */
  retryMs: number
  longestRetryMs: number
}

export const stampSettings: StampSettings = {
  everyMs: 60_000,
  alarmMs: 86_400_000,
  retryMs: 5_000,
  longestRetryMs: 900_000,
}

export type StampDeps = {
  db: Kysely<StampTables>
  events: Pick<Events, 'append'>
  /** Null: no authority is configured, everything stays on level `self`. */
  authority: Authority | null
  /** The operator vouches that the authority is a qualified one (EU trusted list). */
  qualified: boolean
  clock: Clock
  log: Logger
  settings?: Partial<StampSettings> | undefined
  /** 0 to 1, for the jitter. */
  random?: () => number
}

/** Why stamps fail at present: `reason` is the TimestampCode of an answer that was refused. Times are ISO 8601. */
export type StampFailure = { code: string; reason: string | null; since: string; tries: number }

export type StampStatus = {
  /** Level that new stamps give. */
  level: Level
  last: { origin: string; size: number; authority: string; stampedAt: string } | null
  failure: StampFailure | null
  /** The last stamp is too old. */
  late: boolean
}

/** A stamp over a checkpoint. `checkpoint` is the note it is over, `token` DER. */
export type CheckpointStamp = {
  level: Level
  size: number
  checkpoint: string
  token: Buffer
  authority: string
  stampedAt: Date
}

export type Stamps = {
  start(): void
  /** Gives up a request in progress. */
  stop(): Promise<void>
  /** Stamps the newest checkpoint if one is due. Returns the ms to wait before the next call. */
  turn(): Promise<number>
  status(): Promise<StampStatus>
  /** The first stamp that covers a leaf; null while it stands on our own word. */
  covering(leaf: { origin: string; index: number }): Promise<CheckpointStamp | null>
  levelOf(leaf: { origin: string; index: number }): Promise<Level>
  /** A stamp of something else than a checkpoint, such as a package; null without an authority. Throws Problem. */
  stamp(digest: Buffer): Promise<Buffer | null>
}

/** Stamps checkpoints one after the other and keeps the tokens. Each token's hash becomes an event, so that the next stamp renews it. */
export function createStamps(deps: StampDeps): Stamps {
  const { db, authority, clock, log } = deps
  const settings = { ...stampSettings, ...deps.settings }
  const giveUp = new AbortController()
  let failure: StampFailure | null = null
  let wasLate = false
  let timer: NodeJS.Timeout | null = null
  let current: Promise<unknown> = Promise.resolve()

  async function turn(): Promise<number> {
    if (!authority) return settings.everyMs
    const due = await dueCheckpoint(db, { nowMs: clock.now(), settings })
    if (due.text !== null) {
      try {
        const stamp = await authority.stamp(sha256(due.text), giveUp.signal)
        await keep(deps, due, stamp)
        failure = null
      } catch (e) {
        failure = failed(failure, e, clock.now())
      }
    }
    await tellLate()
    return failure ? retryAfter(settings, failure.tries, deps.random ?? Math.random) : due.waitMs
  }

  async function tellLate(): Promise<void> {
    const late = await isLate(deps, settings)
    if (late && !wasLate) log.error({ failure }, 'the last time stamp is too old')
    wasLate = late
  }

  function schedule(afterMs: number): void {
    if (giveUp.signal.aborted) return
    timer = setTimeout(() => {
      current = turn()
        .catch((e: unknown) => {
          log.error({ err: e }, 'time stamps failed')
          return settings.everyMs
        })
        .then(schedule)
    }, afterMs).unref()
  }

  return {
    turn,
    start: () => schedule(0),
    async stop() {
      giveUp.abort()
      if (timer) clearTimeout(timer)
      await current
    },
    async status() {
      const last = await newestStamp(db)
      return {
        level: levelFor(deps),
        last: last
          ? {
              origin: last.origin,
              size: last.size,
              authority: last.authority,
              stampedAt: last.stamped_at.toISOString(),
            }
          : null,
        failure,
        late: await isLate(deps, settings),
      }
    },
    async covering(leaf) {
      const row = await firstStampOver(db, leaf)
      if (!row) return null
      const { level, size, text, token, authority: by } = row
      return { level, size, checkpoint: text, token, authority: by, stampedAt: row.stamped_at }
    },
    levelOf: async (leaf) => (await firstStampOver(db, leaf))?.level ?? 'self',
    stamp: async (digest) => (authority ? (await authority.stamp(digest, giveUp.signal)).token : null),
  }
}

const levelFor = ({ authority, qualified }: StampDeps): Level =>
  authority ? (qualified ? 'qualified' : 'tsa') : 'self'

type Due = { origin: string; size: number; text: string | null; waitMs: number }

/**
 * The checkpoint to stamp now, if any. The event of the last stamp is itself an entry: alone it is no reason for another stamp, else
 * there would be one every minute for ever.
 */
async function dueCheckpoint(db: Kysely<StampTables>, now: { nowMs: number; settings: StampSettings }): Promise<Due> {
  const { everyMs, alarmMs } = now.settings
  const newest = await newestCheckpoint(db)
  if (!newest) return { origin: '', size: 0, text: null, waitMs: everyMs }
  const { origin, size, text } = newest
  const last = await newestStamp(db)
  if (!last) return { origin, size, text, waitMs: everyMs }
  const ageMs = now.nowMs - last.received_at.getTime()
  if (ageMs < everyMs) return { origin, size, text: null, waitMs: everyMs - Math.max(0, ageMs) }
  const news = last.origin !== origin || size > last.size + 1
  return { origin, size, text: news || ageMs >= alarmMs / 2 ? text : null, waitMs: everyMs }
}

/** Stores a token under its hash and tells the log of it, at once. */
async function keep(deps: StampDeps, of: Due, { token, timestamp }: Stamp): Promise<void> {
  const hash = sha256(token)
  const level = deps.qualified ? 'qualified' : 'tsa'
  const row = {
    token_sha256: hash,
    origin: of.origin,
    size: of.size,
    token,
    authority: timestamp.authority,
    policy: timestamp.policy,
    serial: timestamp.serial,
    level,
    stamped_at: new Date(timestamp.timeMs),
    certificate_ends_at: new Date(timestamp.certificateEndMs),
    received_at: new Date(deps.clock.now()),
  } as const
  const { origin, size } = of
  const data = { origin, size, level, tokenSha256: hash.toString('hex'), stampedAt: row.stamped_at.toISOString() }
  await deps.db.transaction().execute(async (tx) => {
    await tx.insertInto('checkpoint_stamp').values(row).execute()
    await deps.events.append(tx as never, { type: 'stamp.received', callId: null, data }, null)
  })
}

function failed(before: StampFailure | null, e: unknown, nowMs: number): StampFailure {
  const code = isProblem(e) ? e.code : 'internal'
  const reason = isProblem(e) ? String(e.params['reason'] ?? '') || null : null
  return { code, reason, since: before?.since ?? new Date(nowMs).toISOString(), tries: (before?.tries ?? 0) + 1 }
}

/** Exponential backoff; the jitter keeps many servers from coming back together. */
function retryAfter({ retryMs, longestRetryMs }: StampSettings, tries: number, random: () => number): number {
  const wait = Math.min(retryMs * 2 ** Math.min(tries - 1, 30), longestRetryMs)
  return Math.round(wait * (1 - random() / 2))
}

/** Whether the last stamp, or the first checkpoint when there is none, is older than it may be. */
async function isLate({ db, authority, clock }: StampDeps, { alarmMs }: StampSettings): Promise<boolean> {
  if (!authority) return false
  const since = (await newestStamp(db))?.received_at ?? (await firstSigned(db))
  return since !== undefined && clock.now() - since.getTime() > alarmMs
}
