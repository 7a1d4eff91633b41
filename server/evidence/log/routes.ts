import type { Kysely } from 'kysely'
import type { LogView } from '../../../contract/log.ts'
import { LogError } from '../../../proof/log-error.ts'
import { parseTilePath, type TileName } from '../../../proof/tiles.ts'
import type { Handlers } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import type { EvidenceTables } from '../store.ts'
import type { Stamps } from '../stamps/index.ts'
import type { Log } from './index.ts'
import { lastCheckpoint } from './sign.ts'
import { tileOf } from './tiles.ts'

export type LogKeys =
  | 'GET /log'
  | 'GET /log/status'
  | 'POST /log/restart'
  | 'GET /log/:log/checkpoint'
  | 'GET /log/:log/tile/*'

/** Nothing under these addresses ever changes. */
const immutable = 'public, max-age=31536000, immutable'
const bytes = 'application/octet-stream'

/** The log for those who follow it (c2sp.org/tlog-tiles), and for those who look after it. */
export function logRoutes(deps: {
  db: Kysely<EvidenceTables>
  log: Log
  stamps: Pick<Stamps, 'status'>
}): Handlers<LogKeys> {
  const { db, log, stamps } = deps
  const status = async () => ({ ...(await log.status()), stamps: await stamps.status() })

  /** The latest signed state of a log. Throws Problem `log_unknown` (404). */
  async function signedState(name: string) {
    const row = await db.selectFrom('log').selectAll().where('name', '=', name).executeTakeFirst()
    const last = row && (await lastCheckpoint(db, row.origin))
    if (!row || !last) throw new Problem('log_unknown', 404, 'There is no such log, or nothing of it is signed yet.')
    return { row, last }
  }

  return {
    'GET /log': async () => ({ items: await listLogs(db) }),
    'GET /log/status': () => status(),
    'POST /log/restart': async ({ body, actor }) => {
      await log.restart(body.reason, actor.personId)
      return status()
    },

    'GET /log/:log/checkpoint': async ({ params, reply }) => {
      const { last } = await signedState(params.log)
      return reply.type('text/plain; charset=utf-8').send(last.text + last.cosignatures)
    },

    'GET /log/:log/tile/*': async ({ params, reply }) => {
      const { row, last } = await signedState(params.log)
      const tile = await tileOf(db, { id: row.id, size: last.size }, parsePath(`tile/${params['*']}`))
      if (!tile) throw noTile()
      return reply.header('cache-control', immutable).type(bytes).send(tile)
    },
  }
}

function parsePath(path: string): TileName {
  try {
    return parseTilePath(path)
  } catch (e) {
    throw e instanceof LogError ? noTile() : e
  }
}

const noTile = (): Problem => new Problem('tile_unknown', 404, 'The log has no such tile.')

async function listLogs(db: Kysely<EvidenceTables>): Promise<LogView[]> {
  const rows = await db
    .selectFrom('log')
    .leftJoin('checkpoint', 'checkpoint.origin', 'log.origin')
    .select(({ fn }) => [
      'log.name',
      'log.origin',
      'log.vkey',
      'ended_at',
      'abandoned',
      fn.max('checkpoint.size').as('size'),
    ])
    .groupBy('log.id')
    .orderBy('log.id')
    .execute()
  return rows.map(({ ended_at, size, ...row }) => ({
    ...row,
    prefix: `/api/v1/log/${row.name}`,
    size: size ?? 0,
    endedAt: ended_at?.toISOString() ?? null,
  }))
}
