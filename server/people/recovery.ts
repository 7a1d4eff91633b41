import { randomInt } from 'node:crypto'
import type { Box } from '../vault/index.ts'
import type { PeopleDb } from './store.ts'

const HOW_MANY = 10
/** Without i, l, o, u, 0 and 1: read aloud and typed without doubt. 30^16 is more than 78 bits. */
const ALPHABET = '23456789abcdefghjkmnpqrstvwxyz'

const newCode = (): string =>
  Array.from({ length: 4 }, () => Array.from({ length: 4 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')).join(
    '-',
  )

const indexOf = (box: Box, personId: string, code: string): Buffer =>
  box.blindIndex(`people/recovery/${personId}`, code.toLowerCase().replaceAll(/[^a-z0-9]/g, ''))

/** Gives ten new one-time codes, the old ones ending, unless all ten are unused: then none. */
export async function refillCodes(db: PeopleDb, box: Box, personId: string): Promise<string[]> {
  const unused = await db.selectFrom('recovery_codes').select('code_index').where('person_id', '=', personId).execute()
  if (unused.length >= HOW_MANY) return []
  const codes = Array.from({ length: HOW_MANY }, newCode)
  await db.deleteFrom('recovery_codes').where('person_id', '=', personId).execute()
  await db
    .insertInto('recovery_codes')
    .values(codes.map((code) => ({ person_id: personId, code_index: indexOf(box, personId, code) })))
    .execute()
  return codes
}

/** Uses a code up; false when it is wrong or was used. */
export async function useCode(db: PeopleDb, box: Box, personId: string, code: string): Promise<boolean> {
  const used = db
    .deleteFrom('recovery_codes')
    .where('person_id', '=', personId)
    .where('code_index', '=', indexOf(box, personId, code))
  return (await used.executeTakeFirst()).numDeletedRows > 0n
}
