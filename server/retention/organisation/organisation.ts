import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { Jurisdiction, Organisation as Record } from '../../../contract/models/retention.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Handlers } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import type { Append } from '../append.ts'
import { overlaid, ownRows, requireJustified } from './changes.ts'
import { shippedTable } from './countries.ts'
import { type ConsentMode, consentModeOf, type Places } from './jurisdiction.ts'
import { createOrganisationStore, type OrganisationTables, type StoredOrganisation } from './store.ts'

export type OrganisationKeys = 'GET /organisation' | 'PUT /organisation' | 'GET /jurisdictions' | 'PUT /jurisdictions'

export type OrganisationDeps = {
  db: Kysely<OrganisationTables>
  box: Box
  clock: Clock
  append: Append
  /** Run after the record or the table changed. */
  changed: () => Promise<void>
}

export type OrganisationRoom = {
  routes: Handlers<OrganisationKeys>
  /** The controller; null while it was never declared. In memory. */
  current(): Record | null
  /** The table in force. In memory. */
  jurisdictions(): readonly Jurisdiction[]
  /** Objection or opt-in for a call, and which countries decided. In memory. */
  consentMode(places: Places, purposes: readonly string[]): ConsentMode
}

const sha256 = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')
const changedMeanwhile = (code: string, version: number): Problem =>
  new Problem(code, 409, 'somebody changed it meanwhile; look at it and save again', { version })

/** The controller's record and the table of countries, both in memory. */
export async function createOrganisation(deps: OrganisationDeps): Promise<OrganisationRoom> {
  const { clock, append } = deps
  const store = createOrganisationStore(deps.db, deps.box)
  let record = await store.organisation()
  let table = await store.table()
  let rows = overlaid(shippedTable, table.rows)

  const view = (stored: StoredOrganisation | null) => ({
    version: stored?.version ?? 0,
    organisation: stored?.organisation ?? null,
    changedAt: stored?.changedAt.toISOString() ?? null,
  })
  const tableView = () => ({
    version: table.version,
    rows: rows.map((row) => ({ ...row, shipped: ownRows([row], shippedTable).length === 0 })),
  })

  /** Throws Problem `organisation_changed` (409). */
  async function save(organisation: Record, basedOn: number, by: string | null) {
    const next = { version: basedOn + 1, organisation, changedAt: new Date(clock.now()) }
    // names and addresses stay out of the log
    const data = {
      version: next.version,
      country: organisation.country,
      unknownCallers: organisation.unknownCallers,
      by,
    }
    const saved = await store.save(next, by, (tx) => append(tx, { type: 'organisation.changed', callId: null, data }))
    record = saved ? next : await store.organisation()
    if (!saved) throw changedMeanwhile('organisation_changed', record?.version ?? 0)
    await deps.changed()
    return view(next)
  }

  /** Throws Problem `jurisdiction_…` (422), `jurisdictions_changed` (409). */
  async function publish(asked: Jurisdiction[], basedOn: number, by: string | null) {
    requireJustified(asked, { shipped: shippedTable, inForce: rows })
    const own = ownRows(asked, shippedTable)
    const next = { version: basedOn + 1, rows: own, publishedAt: new Date(clock.now()), publishedBy: by }
    const data = { version: next.version, sha256: sha256(own), own: own.map((row) => row.code), by }
    const saved = await store.publish(next, (tx) => append(tx, { type: 'jurisdictions.changed', callId: null, data }))
    table = saved ? next : await store.table()
    rows = overlaid(shippedTable, table.rows)
    if (!saved) throw changedMeanwhile('jurisdictions_changed', table.version)
    await deps.changed()
    return tableView()
  }

  return {
    routes: {
      'GET /organisation': async () => view(record),
      'PUT /organisation': ({ actor, body }) => save(body.organisation, body.basedOn, actor.personId),
      'GET /jurisdictions': async () => tableView(),
      'PUT /jurisdictions': ({ actor, body }) => publish(body.rows, body.basedOn, actor.personId),
    },
    current: () => record?.organisation ?? null,
    jurisdictions: () => rows,
    consentMode: (places, purposes) => consentModeOf(rows, record?.organisation ?? null, places, purposes),
  }
}
