import { readFileSync, statSync } from 'node:fs'
import { Problem } from '../problem.ts'

/** The user the database runs as; `undefined` when it runs as ourselves. */
export type Identity = { uid: number; gid: number } | undefined

/** Users looked for, in this order, when the program runs as root: PostgreSQL refuses to. */
const PREFERRED_USERS = ['verbale', 'postgres', 'nobody']

/**
 * Decides which user owns and runs the database in `cluster`.
 * As root: the owner of an existing folder, else the first of the preferred users. Otherwise ourselves.
 * Throws Problem `database_wrong_owner` when the folder belongs to somebody else.
 */
export function chooseIdentity(cluster: string): Identity {
  const owner = ownerOf(cluster)
  const self = process.getuid?.() ?? -1
  if (self !== 0) {
    if (owner && owner.uid !== self) throw wrongOwner(cluster, owner.uid, self)
    return undefined
  }
  if (!owner) return preferredUser()
  if (owner.uid === 0) throw wrongOwner(cluster, 0, preferredUser().uid)
  return owner
}

function ownerOf(path: string): { uid: number; gid: number } | undefined {
  const stat = statSync(path, { throwIfNoEntry: false })
  return stat && { uid: stat.uid, gid: stat.gid }
}

function wrongOwner(cluster: string, owner: number, wanted: number): Problem {
  const who = owner === 0 ? 'root, under whom PostgreSQL refuses to run' : `user ${owner}, not to user ${wanted}`
  return new Problem(
    'database_wrong_owner',
    500,
    `The database folder ${cluster} belongs to ${who}. Start as the same user as before, or run: chown -R ${wanted} ${cluster}`,
  )
}

function preferredUser(): { uid: number; gid: number } {
  const users = passwd()
  for (const name of PREFERRED_USERS) {
    const user = users.find((u) => u.name === name)
    if (user && user.uid > 0) return { uid: user.uid, gid: user.gid }
  }
  throw new Problem(
    'database_no_user',
    500,
    'PostgreSQL refuses to run as root and this machine has no user "nobody". Add a user named "verbale", start as an ordinary user, or set DATABASE_URL.',
  )
}

function passwd(): { name: string; uid: number; gid: number }[] {
  try {
    return readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => line.split(':'))
      .filter((fields) => fields.length >= 4)
      .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }))
  } catch {
    return []
  }
}
