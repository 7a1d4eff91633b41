import type { Kysely } from 'kysely'
import type { AnnouncementVersion } from '../../../contract/models/consent.ts'
import type { Organisation, PurposeEntry } from '../../../contract/models/retention.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Handlers } from '../../platform/http/handlers.ts'
import type { Append } from '../append.ts'
import { type AnnouncementTables, createAnnouncementStore } from './store.ts'
import { missingOf, textsOf } from './text.ts'

export type AnnouncementKeys = 'GET /announcements' | 'POST /announcements/preview'

export type AnnouncementDeps = {
  db: Kysely<AnnouncementTables>
  clock: Clock
  append: Append
  /** The register, the controller and the purposes of the recording policy's live calls, as they are in force. */
  entries: () => readonly PurposeEntry[]
  organisation: () => Organisation | null
  policyPurposes: () => readonly string[]
}

export type AnnouncementRoom = {
  routes: Handlers<AnnouncementKeys>
  /** What is to be played; null while no call in progress may be recorded. In memory. */
  current(): AnnouncementVersion | null
  /** Makes the text again; a new version only when it says something else. Run when anything it is made from changed. */
  refresh(): Promise<void>
}

/** Entries that are in force among those of some keys, in the register's order. */
const among = (entries: readonly PurposeEntry[], keys: readonly string[]): PurposeEntry[] =>
  entries.filter((entry) => entry.active && keys.includes(entry.key))

export async function createAnnouncement(deps: AnnouncementDeps): Promise<AnnouncementRoom> {
  const { clock, append } = deps
  const store = createAnnouncementStore(deps.db)
  let current: AnnouncementVersion | null = null

  async function refresh(): Promise<void> {
    const texts = textsOf({ organisation: deps.organisation(), entries: among(deps.entries(), deps.policyPurposes()) })
    current =
      texts &&
      (await store.keep(texts, new Date(clock.now()), (tx, { version, sha256 }) =>
        append(tx, { type: 'announcement.published', callId: null, data: { version, sha256 } }),
      ))
  }

  await refresh()
  return {
    routes: {
      'GET /announcements': async () => ({
        current,
        items: await store.all(),
        missing: missingOf(deps.organisation()),
      }),
      'POST /announcements/preview': async ({ body }) => ({
        texts: textsOf({
          organisation: body.organisation ?? deps.organisation(),
          entries: among(body.entries ?? deps.entries(), body.purposes ?? deps.policyPurposes()),
        }),
      }),
    },
    current: () => current,
    refresh,
  }
}
