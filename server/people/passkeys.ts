import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server'
import type { Clock } from '../platform/clock.ts'
import { idBytes, newId } from '../platform/ids.ts'
import { Problem } from '../platform/problem.ts'
import type { Box } from '../vault/index.ts'
import type { Origin } from './cookies.ts'
import type { PeopleDb } from './store.ts'
import { label } from './words.ts'

type Deps = { db: PeopleDb; box: Box; clock: Clock; origin: () => Origin }
type Json = Record<string, unknown>
type Registration = Parameters<typeof verifyRegistrationResponse>[0]['response']
type Authentication = Parameters<typeof verifyAuthenticationResponse>[0]['response']

export type Passkeys = ReturnType<typeof createPasskeys>

const refused = (): Problem => new Problem('passkey_refused', 401, 'the passkey did not prove itself; try again')

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- transports come from the browser as strings
const named = (row: { credential_id: string; transports: string[] }) => ({
  id: row.credential_id,
  transports: row.transports as never[],
})

const passkeysOf = (db: PeopleDb, personId: string) =>
  db.selectFrom('passkeys').selectAll().where('person_id', '=', personId).orderBy('id').execute()

/** Passkeys (WebAuthn level 3), user verification required, no attestation asked. */
export function createPasskeys(deps: Deps) {
  return { ...registrations(deps), ...authentications(deps) }
}

function registrations({ db, box, clock, origin }: Deps) {
  /** Options for navigator.credentials.create; its `challenge` is to be kept by the caller. */
  async function registration(person: { id: string; name: string; email: string }) {
    return generateRegistrationOptions({
      rpName: 'Verbale',
      rpID: origin().rpId,
      userID: new Uint8Array(idBytes(person.id)),
      userName: person.email,
      userDisplayName: person.name,
      attestationType: 'none',
      excludeCredentials: (await passkeysOf(db, person.id)).map(named),
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
    })
  }

  /** Stores the answer to a registration challenge. Throws Problem `passkey_refused` (401) or `passkey_known` (409). */
  async function add(
    tx: PeopleDb,
    personId: string,
    answer: { name: string; response: Json; challenge: string },
  ): Promise<void> {
    const verified = await verifyRegistrationResponse({
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library checks every field itself
      response: answer.response as unknown as Registration,
      expectedChallenge: answer.challenge,
      expectedOrigin: origin().origin,
      expectedRPID: origin().rpId,
      requireUserVerification: true,
    }).catch(() => null)
    if (!verified?.verified) throw refused()
    const { id: credential_id, publicKey, counter, transports = [] } = verified.registrationInfo.credential
    const id = newId()
    const stored = { credential_id, public_key: Buffer.from(publicKey), counter, transports }
    const row = {
      id,
      person_id: personId,
      ...stored,
      name: box.seal(label.passkey(id), answer.name),
      created_at: new Date(clock.now()),
    }
    const added = await tx
      .insertInto('passkeys')
      .values(row)
      .onConflict((c) => c.column('credential_id').doNothing())
      .executeTakeFirst()
    if (added.numInsertedOrUpdatedRows !== 1n)
      throw new Problem('passkey_known', 409, 'this passkey is already registered')
  }

  return { registration, add }
}

function authentications({ db, origin }: Deps) {
  /** Options for navigator.credentials.get. Throws Problem `passkey_none` (409) when the person has none. */
  async function authentication(personId: string) {
    const allowed = (await passkeysOf(db, personId)).map(named)
    if (allowed.length === 0) throw new Problem('passkey_none', 409, 'no passkey is registered for this account')
    return generateAuthenticationOptions({
      rpID: origin().rpId,
      allowCredentials: allowed,
      userVerification: 'required',
    })
  }

  /** Whether `response` answers the challenge with one of the person's passkeys; a counter that does not rise is refused. */
  async function prove(personId: string, response: Json, challenge: string): Promise<boolean> {
    const row = (await passkeysOf(db, personId)).find((passkey) => passkey.credential_id === response['id'])
    if (!row) return false
    const verified = await verifyAuthenticationResponse({
      // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the library checks every field itself
      response: response as unknown as Authentication,
      expectedChallenge: challenge,
      expectedOrigin: origin().origin,
      expectedRPID: origin().rpId,
      requireUserVerification: true,
      credential: { ...named(row), publicKey: new Uint8Array(row.public_key), counter: row.counter },
    }).catch(() => null)
    if (!verified?.verified) return false
    await db
      .updateTable('passkeys')
      .set({ counter: verified.authenticationInfo.newCounter })
      .where('id', '=', row.id)
      .execute()
    return true
  }

  return { authentication, prove }
}
