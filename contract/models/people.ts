import { z } from 'zod'
import { permissions } from '../permissions.ts'
import { Country, Id, Instant, Locale, RoleName } from './common.ts'

export const Team = z
  .object({ id: Id, name: z.string().min(1).max(80), country: Country.nullable() })
  .meta({ id: 'Team' })
export type Team = z.infer<typeof Team>

export const Person = z
  .object({
    id: Id,
    name: z.string().min(1).max(120),
    email: z.email().max(200),
    role: RoleName,
    teams: z.array(Id),
    country: Country.nullable(),
    /** Logins and extensions under which the telephone platforms know this person. */
    aliases: z.array(z.string().min(1).max(120)).max(20),
    active: z.boolean(),
    /** Whether the person has set a password and a second factor. */
    enrolled: z.boolean(),
  })
  .meta({ id: 'Person' })
export type Person = z.infer<typeof Person>

export const PersonDraft = Person.pick({
  name: true,
  email: true,
  role: true,
  teams: true,
  country: true,
  aliases: true,
})
export type PersonDraft = z.infer<typeof PersonDraft>

export const Me = z
  .object({
    id: Id,
    name: z.string(),
    email: z.string(),
    role: RoleName,
    teams: z.array(Id),
    locale: Locale,
    permissions: z.array(z.enum(permissions)),
    factors: z.object({ totp: z.boolean(), passkeys: z.number().int() }),
    sessionExpiresAt: Instant,
  })
  .meta({ id: 'Me' })
export type Me = z.infer<typeof Me>

/** What must happen before a session may be used. */
export const SignInStep = z.object({
  next: z.enum(['done', 'second_factor', 'enrol']),
  factors: z.array(z.enum(['totp', 'passkey'])),
})
export type SignInStep = z.infer<typeof SignInStep>

export const Password = z.string().min(12).max(200)

export const PasswordStrength = z.object({
  score: z.number().int().min(0).max(4),
  acceptable: z.boolean(),
  warning: z.string().nullable(),
  suggestions: z.array(z.string()),
})
export type PasswordStrength = z.infer<typeof PasswordStrength>

export const ApiToken = z
  .object({
    id: Id,
    name: z.string(),
    permissions: z.array(z.enum(permissions)),
    createdAt: Instant,
    lastUsedAt: Instant.nullable(),
  })
  .meta({ id: 'ApiToken' })
export type ApiToken = z.infer<typeof ApiToken>
