import type { Team } from '../../contract/models/people.ts'
import type { Role } from '../../contract/permissions.ts'
import type { Box } from '../vault/index.ts'
import { allStaff, type Staff } from './persons.ts'
import type { PeopleDb } from './store.ts'
import { label, normalise, openText } from './words.ts'

export type AgentMatch = { personId: string; teamIds: string[]; country: string | null }
export type DirectoryEntry = {
  id: string
  name: string
  role: Role
  teamIds: string[]
  country: string | null
  active: boolean
}

/** Staff and teams in memory, for those who cannot wait for the database. Refreshed by every change. */
export type Directory = {
  /** The active person a telephone platform means: by login or extension, e-mail, person id, or a SIP or tel address of these. */
  agentByAlias(name: string): AgentMatch | null
  /** `country` is the person's own, else that of the person's first team. */
  person(id: string): DirectoryEntry | null
  /** Names of those ids that are known. */
  names(ids: Iterable<string>): Map<string, string>
  team(id: string): Team | null
  refresh(): Promise<void>
}

/** Ways a source may write one login: as given; without scheme and parameters; the part before the host. */
export function spellings(name: string): string[] {
  const given = normalise(name)
  const address = /<([^>]+)>/.exec(given)?.[1] ?? given
  const sip = /^(?:sips?|tel):([^;?]+)/.exec(address)
  if (!sip) return [given]
  const bare = sip[1]!
  const user = bare.split('@')[0]!
  return [given, bare, user]
}

export function createDirectory({ db, box }: { db: PeopleDb; box: Box }): Directory {
  let people = new Map<string, DirectoryEntry>()
  let teams = new Map<string, Team>()
  let logins = new Map<string, string>()
  let last: Promise<void> = Promise.resolve()

  async function load(): Promise<void> {
    const [staff, teamRows] = await Promise.all([
      allStaff(db, box),
      db.selectFrom('teams').selectAll().orderBy('id').execute(),
    ])
    teams = new Map(
      teamRows.map((t) => [t.id, { id: t.id, name: openText(box, label.team(t.id), t.name), country: t.country }]),
    )
    people = new Map(staff.map((person) => [person.id, entryOf(person, teams)]))
    const active = staff.filter((person) => person.active)
    logins = new Map(
      active.flatMap((p) => [p.id, p.email, ...p.aliases].map((login) => [normalise(login), p.id] as const)),
    )
  }

  return {
    agentByAlias(name) {
      const id = spellings(name)
        .map((spelling) => logins.get(spelling))
        .find((found) => found !== undefined)
      const entry = id === undefined ? undefined : people.get(id)
      return entry ? { personId: entry.id, teamIds: [...entry.teamIds], country: entry.country } : null
    },
    person: (id) => people.get(id) ?? null,
    names(ids) {
      const known = [...new Set(ids)].flatMap((id) => people.get(id) ?? [])
      return new Map(known.map((entry) => [entry.id, entry.name]))
    },
    team: (id) => teams.get(id) ?? null,
    // one after the other, so that the newest state is the one that stays
    refresh: () => (last = last.catch(() => undefined).then(load)),
  }
}

function entryOf(person: Staff, teams: Map<string, Team>): DirectoryEntry {
  const { id, name, role, active } = person
  const country = person.country ?? person.teams.map((team) => teams.get(team)?.country).find((c) => c) ?? null
  return { id, name, role, active, country, teamIds: person.teams }
}
