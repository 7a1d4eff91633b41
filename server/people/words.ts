import { createHash, randomBytes } from 'node:crypto'
import type { Box } from '../vault/index.ts'

/** Case, width and surrounding blanks do not distinguish e-mails, logins or team names. */
export const normalise = (value: string): string => value.normalize('NFKC').trim().toLowerCase()

/** An opaque 256-bit token, base64url. */
export const newToken = (): string => randomBytes(32).toString('base64url')

/** What the database keeps of a token. The token has 256 random bits, so a fast hash suffices. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest()

/** E-mails and logins share one index: a login equal to another person's e-mail would make a call's agent ambiguous. */
export const loginIndex = (box: Box, value: string): Buffer => box.blindIndex('people/login', normalise(value))

export const teamIndex = (box: Box, name: string): Buffer => box.blindIndex('people/team', normalise(name))

/** Labels tie a sealed value to its row and column: moved elsewhere, it does not open. */
export const label = {
  name: (personId: string) => `people/name/${personId}`,
  email: (personId: string) => `people/email/${personId}`,
  alias: (personId: string) => `people/alias/${personId}`,
  password: (personId: string) => `people/password/${personId}`,
  totp: (personId: string) => `people/totp/${personId}`,
  passkey: (passkeyId: string) => `people/passkey/${passkeyId}`,
  team: (teamId: string) => `people/team/${teamId}`,
  token: (tokenId: string) => `people/token/${tokenId}`,
}

export const openText = (box: Box, name: string, sealed: Buffer): string => box.open(name, sealed).toString('utf8')
