import { z } from 'zod'
import { Instant } from './models/common.ts'
import type { Route } from './routes.ts'

/** A log's name: its year, then `2026-2`, `2026-3` … */
const LogName = z.string().regex(/^\d{4}(-\d{1,4})?$/)
const Size = z.number().int().min(0)

/** A transparency log, as those who follow it need it. */
export const LogView = z
  .object({
    name: LogName,
    /** First line of its checkpoints. */
    origin: z.string(),
    /** Its public key (C2SP signed-note). */
    vkey: z.string(),
    /** Address below which checkpoint and tiles are served. */
    prefix: z.string(),
    /** Entries signed. */
    size: Size,
    endedAt: Instant.nullable(),
    /** Given up: another log began because this one was not what had been signed. */
    abandoned: z.boolean(),
  })
  .meta({ id: 'Log' })
export type LogView = z.infer<typeof LogView>

/** Why a log must not be continued. */
export const LogAlarmCode = z.enum([
  'guard_missing',
  'guard_damaged',
  'guard_other_log',
  'log_shorter',
  'history_differs',
  'entry_missing',
  'entry_differs',
  'tile_differs',
  'root_differs',
])

const Witness = z.object({
  name: z.string(),
  size: Size,
  at: Instant.nullable(),
  problem: z.string().nullable(),
})

/**
 * Time stamps on the log. `level`: what new stamps give; `self` without an authority. `failure`: why none comes at present. `late`: the
 * last one is older than it may be.
 */
const StampStatus = z.object({
  level: z.enum(['self', 'tsa', 'qualified']),
  last: z.object({ size: Size, authority: z.string(), stampedAt: Instant }).nullable(),
  failure: z
    .object({ code: z.string(), reason: z.string().nullable(), since: Instant, tries: z.number().int() })
    .nullable(),
  late: z.boolean(),
})

/** How the log that is written is doing; null before the first one. Under an alarm nothing is signed; events wait in the queue. */
export const LogStatusView = z
  .object({
    name: LogName.nullable(),
    origin: z.string().nullable(),
    vkey: z.string().nullable(),
    /** Entries integrated, signed or not. */
    size: Size,
    checkpoint: z.object({ size: Size, signedAt: Instant }).nullable(),
    queued: Size,
    alarm: z.object({ code: LogAlarmCode, detail: z.string(), since: Instant }).nullable(),
    witnesses: z.array(Witness),
    stamps: StampStatus,
  })
  .meta({ id: 'LogStatus' })

const ofLog = z.object({ log: LogName })

/** The transparency log. Checkpoint and tiles are C2SP tlog-tiles, for anybody's tools. */
export const logRoutes = {
  'GET /log': {
    summary: 'The transparency logs, oldest first, with their public keys',
    may: 'public',
    reply: z.object({ items: z.array(LogView) }),
  },
  'GET /log/status': { summary: 'How the log is doing', may: 'access.read', reply: LogStatusView },
  'POST /log/restart': {
    summary: 'Give up a log that is not what was signed, and begin another',
    may: 'governance.write',
    body: z.object({ reason: z.string().trim().min(1).max(2000) }),
    reply: LogStatusView,
  },
  'GET /log/:log/checkpoint': {
    summary: 'The latest checkpoint of a log (C2SP tlog-tiles, text/plain)',
    may: 'public',
    raw: true,
    params: ofLog,
    reply: z.unknown(),
  },
  'GET /log/:log/tile/*': {
    summary: 'A tile of hashes, or a bundle of entries under tile/entries (C2SP tlog-tiles)',
    may: 'public',
    raw: true,
    params: ofLog.extend({ '*': z.string().max(100) }),
    reply: z.unknown(),
  },
} satisfies Record<string, Route>
