import type { Kysely } from 'kysely'
import { joinPath, type Objects } from '../platform/objects/index.ts'
import { JOURNAL } from './live/format.ts'
import { indexJournals, type JournalIndex, journalNames } from './live/journal-reader.ts'
import type { VaultTables } from './store.ts'

/** Journals of an earlier process. They go once every rendition still recording that they mention is recovered. */
export type Leftovers = {
  /** First generation number free for this process. */
  readonly nextGeneration: number
  journals(): Promise<JournalIndex>
  recovered(renditionId: string): Promise<void>
  stale(): { journals: string[]; renditions: string[] }
}

const EMPTY: JournalIndex = { segments: new Map(), unreadable: [] }

export async function openLeftovers(deps: { db: Kysely<VaultTables>; objects: Objects }): Promise<Leftovers> {
  const names = await journalNames(deps.objects)
  const nextGeneration = names.length === 0 ? 1 : Number.parseInt(names.at(-1)!, 10) + 1
  let index: JournalIndex = names.length === 0 ? EMPTY : await indexJournals(deps.objects, names)
  const mentioned = new Set([...index.segments.values()].map((s) => s.rendition))
  const waiting = await stillRecording(deps.db, [...mentioned])
  let files = names

  const clear = async (): Promise<void> => {
    if (waiting.size > 0 || files.length === 0) return
    const old = files
    files = []
    index = EMPTY
    for (const name of old) await deps.objects.remove(joinPath(JOURNAL, name))
  }
  await clear()
  return {
    nextGeneration,
    journals: () => Promise.resolve(index),
    recovered: async (renditionId) => {
      waiting.delete(renditionId)
      await clear()
    },
    stale: () => ({ journals: files, renditions: [...waiting] }),
  }
}

async function stillRecording(db: Kysely<VaultTables>, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set()
  const rows = await db
    .selectFrom('rendition')
    .select('id')
    .where('id', 'in', ids)
    .where('state', '=', 'recording')
    .execute()
  return new Set(rows.map((row) => row.id))
}
