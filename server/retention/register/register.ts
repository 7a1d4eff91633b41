import { createHash } from 'node:crypto'
import type { Kysely } from 'kysely'
import type { PurposeEntry, RegisterVersion } from '../../../contract/models/retention.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Handlers } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import type { Append } from '../append.ts'
import { changesOf } from './changes.ts'
import { firstNote, seededEntries } from './seed.ts'
import { createRegisterStore, type RegisterTables, type StoredRegister } from './store.ts'
import { flaws, requirePublishable } from './validate.ts'

export type RegisterKeys =
  | 'GET /purposes'
  | 'GET /purposes/names'
  | 'GET /purposes/versions'
  | 'POST /purposes/versions'
  | 'POST /purposes/check'

export type RegisterDeps = {
  db: Kysely<RegisterTables>
  clock: Clock
  append: Append
  /** Run after another version came into force. */
  changed: () => Promise<void>
}

export type Register = {
  routes: Handlers<RegisterKeys>
  /** The version in force. In memory; never waits. */
  current(): { version: number; entries: readonly PurposeEntry[]; publishedAt: Date; publishedBy: string | null }
  /** Whether a purpose may be recorded for: known, and switched on. In memory. */
  state(key: string): 'in_force' | 'off' | 'unknown'
  /** A purpose as it is in force, switched off ones too; null when there is none of that key. In memory. */
  entry(key: string): PurposeEntry | null
}

const view = ({ publishedAt, ...rest }: StoredRegister): RegisterVersion => ({
  ...rest,
  publishedAt: publishedAt.toISOString(),
})
const hashOf = (entries: readonly PurposeEntry[]): string =>
  createHash('sha256').update(JSON.stringify(entries)).digest('hex')

/** Loads the register in force, publishing the first version on a new installation. */
export async function createRegister({ db, clock, append, changed }: RegisterDeps): Promise<Register> {
  const store = createRegisterStore(db)
  const write = (next: StoredRegister): Promise<boolean> =>
    store.append(next, (tx) =>
      append(tx, {
        type: 'register.published',
        callId: null,
        data: { version: next.version, sha256: hashOf(next.entries), by: next.publishedBy },
      }),
    )
  let current = await newestOrFirst()

  async function newestOrFirst(): Promise<StoredRegister> {
    const newest = await store.newest()
    if (newest) return newest
    const publishedAt = new Date(clock.now())
    const first = { version: 1, entries: seededEntries(), note: firstNote, publishedAt, publishedBy: null }
    return (await write(first)) ? first : ((await store.newest()) ?? first)
  }

  /** Throws Problem `purpose_…` (422), `purposes_changed` (409). */
  async function publish(next: StoredRegister): Promise<RegisterVersion> {
    requirePublishable(next.entries, current.entries)
    const appended = await write(next)
    const newest = appended ? next : await store.newest()
    if (newest && newest.version > current.version) current = newest
    if (!appended)
      throw new Problem(
        'purposes_changed',
        409,
        'somebody published another version meanwhile; look at it and publish again',
        { version: current.version },
      )
    await changed()
    return view(next)
  }

  const entry = (key: string): PurposeEntry | null => current.entries.find((one) => one.key === key) ?? null

  return {
    routes: {
      'GET /purposes/names': async () => ({
        items: current.entries.map(({ key, name, material, active, audience, ai }) => ({
          key,
          name,
          material,
          active,
          audience,
          ai,
        })),
      }),
      'GET /purposes': async () => view(current),
      'GET /purposes/versions': async () => ({ items: (await store.all()).map(view) }),
      'POST /purposes/versions': ({ actor, body: { entries, note, basedOn } }) =>
        publish({
          version: basedOn + 1,
          entries,
          note,
          publishedAt: new Date(clock.now()),
          publishedBy: actor.personId,
        }),
      'POST /purposes/check': async ({ body: { entries } }) => ({
        flaws: flaws(entries, current.entries).map(({ code, purpose }) => ({ code, purpose })),
        changes: changesOf(current.entries, entries),
      }),
    },
    current: () => current,
    entry,
    state: (key) => {
      const found = entry(key)
      return found ? (found.active ? 'in_force' : 'off') : 'unknown'
    },
  }
}
