import type { SavedSearch, SavedSearchDraft } from '../../../contract/models/transcripts.ts'
import { mayShareSearches } from '../../../contract/permissions.ts'
import type { Actor } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import type { SavedSearchRow, TranscriptDb } from '../store.ts'

export type SavedSearchDeps = {
  db: TranscriptDb
  box: Box
  mayUse: (role: string, purpose: string) => boolean
  names: (ids: string[]) => Map<string, string>
}

/** What is sealed of a search: it may name a person. */
type Sealed = Pick<SavedSearchDraft, 'name' | 'ask'>

const most = 100
const label = (id: string): string => `transcripts/search/${id}`

/** Searches that people keep for themselves, or for everybody whose role may use their purpose. */
export function createSavedSearches({ db, box, mayUse, names }: SavedSearchDeps) {
  const seal = (id: string, { name, ask }: Sealed): Buffer => box.seal(label(id), JSON.stringify({ name, ask }))
  const open = (row: SavedSearchRow): Sealed =>
    JSON.parse(box.open(label(row.id), row.sealed).toString('utf8')) as Sealed

  function viewOf(row: SavedSearchRow, personId: string): SavedSearch {
    const ownerName = names([row.owner_id]).get(row.owner_id) ?? null
    return { id: row.id, ...open(row), shared: row.shared, mine: row.owner_id === personId, ownerName }
  }

  /** One's own, and those that are shared for a purpose one may use; by name. */
  async function list(actor: Actor): Promise<SavedSearch[]> {
    const personId = personOf(actor)
    const rows = await db
      .selectFrom('saved_search')
      .selectAll()
      .where((where) => where.or([where('owner_id', '=', personId), where('shared', '=', true)]))
      .execute()
    return rows
      .map((row) => viewOf(row, personId))
      .filter(({ mine, ask }) => mine || mayUse(actor.role, ask.purpose))
      .toSorted((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1))
  }

  /** Throws Problem `person_needed`, `search_not_shared` (403), `searches_full` (409). */
  async function add(actor: Actor, draft: SavedSearchDraft): Promise<SavedSearch> {
    const personId = personOf(actor)
    requireSharing(actor, draft)
    const id = newId()
    const row = { id, owner_id: personId, shared: draft.shared, sealed: seal(id, draft) }
    await db.transaction().execute(async (tx) => {
      const own = await tx
        .selectFrom('saved_search')
        .select('id')
        .where('owner_id', '=', personId)
        .forUpdate()
        .execute()
      if (own.length >= most)
        throw new Problem('searches_full', 409, `At most ${most} searches are kept: remove one first.`, { max: most })
      await tx.insertInto('saved_search').values(row).execute()
    })
    return viewOf(row, personId)
  }

  /** Throws Problem `person_needed`, `search_not_shared` (403), `search_unknown` (404). */
  async function change(actor: Actor, id: string, draft: SavedSearchDraft): Promise<SavedSearch> {
    const personId = personOf(actor)
    requireSharing(actor, draft)
    const row = await db
      .updateTable('saved_search')
      .set({ shared: draft.shared, sealed: seal(id, draft) })
      .where('id', '=', id)
      .where('owner_id', '=', personId)
      .returningAll()
      .executeTakeFirst()
    if (!row) throw unknown()
    return viewOf(row, personId)
  }

  /** One's own; who may share removes what others shared, too. Throws Problem `person_needed` (403), `search_unknown` (404). */
  async function remove(actor: Actor, id: string): Promise<void> {
    const personId = personOf(actor)
    const removed = await db
      .deleteFrom('saved_search')
      .where('id', '=', id)
      .where((where) =>
        mayShareSearches(actor.role)
          ? where.or([where('owner_id', '=', personId), where('shared', '=', true)])
          : where('owner_id', '=', personId),
      )
      .executeTakeFirst()
    if (removed.numDeletedRows === 0n) throw unknown()
  }

  return { list, add, change, remove }
}

function personOf({ personId }: Actor): string {
  if (!personId) throw new Problem('person_needed', 403, 'A person has to do this, signed in.')
  return personId
}

function requireSharing({ role }: Actor, { shared }: SavedSearchDraft): void {
  if (shared && !mayShareSearches(role))
    throw new Problem('search_not_shared', 403, 'Your role keeps searches for itself: save it without sharing it.')
}

const unknown = (): Problem =>
  new Problem('search_unknown', 404, 'There is no such search of yours: it may have been removed meanwhile.')
