import type { Kysely } from 'kysely'
import type { Agreement } from '../../../contract/models/agreements.ts'
import type { Feature, Jurisdiction } from '../../../contract/models/retention.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Handlers, Http } from '../../platform/http/handlers.ts'
import { newId } from '../../platform/ids.ts'
import { Problem } from '../../platform/problem.ts'
import type { Box } from '../../vault/index.ts'
import type { Append } from '../append.ts'
import { readForm } from './form.ts'
import { type About, type GateAnswer, gateOf, inForce } from './gate.ts'
import { type AgreementTables, createAgreementStore, type StoredAgreement } from './store.ts'

export type AgreementKeys =
  | 'GET /agreements'
  | 'POST /agreements'
  | 'POST /agreements/:agreementId/revoke'
  | 'GET /agreements/:agreementId/document'

export type AgreementDeps = {
  db: Kysely<AgreementTables>
  box: Box
  clock: Clock
  append: Append
  /** The table of countries in force and the controller's country; in memory. */
  jurisdictions: () => readonly Jurisdiction[]
  controller: () => string | null
}

export type Gate = {
  routes: Handlers<AgreementKeys>
  /** Whether a feature may be used about an agent at an instant, ms (now when not said). In memory. */
  ask(feature: Feature, about: About, atMs?: number): GateAnswer
  /** Every document registered, revoked ones too. In memory. */
  agreements(): Agreement[]
}

const unknown = (): Problem => new Problem('agreement_unknown', 404, 'there is no such agreement')

/** The activation gate and the documents that open it; both in memory. */
export async function createGate(deps: AgreementDeps): Promise<Gate> {
  const { clock, append } = deps
  const store = createAgreementStore(deps.db, deps.box)
  let agreements = await store.all()

  const view = ({ registeredAt, revokedAt, ...rest }: StoredAgreement): Agreement => ({
    ...rest,
    registeredAt: new Date(registeredAt).toISOString(),
    revokedAt: revokedAt === null ? null : new Date(revokedAt).toISOString(),
    inForce: inForce({ ...rest, registeredAt, revokedAt }, clock.now()),
  })
  const viewOf = async (id: string): Promise<Agreement> => {
    agreements = await store.all()
    const found = agreements.find((one) => one.id === id)
    if (!found) throw unknown()
    return view(found)
  }

  async function register({ request, reply }: Http, by: string | null): Promise<Agreement> {
    const { draft, document } = await readForm(request, reply)
    const id = newId()
    const { reference: _, teams, ...facts } = draft
    const data = { agreementId: id, ...facts, teams: teams.length, document: document?.sha256 ?? null, by }
    await store.register({ id, draft, document, at: new Date(clock.now()), by }, (tx) =>
      append(tx, { type: 'gate.registered', callId: null, data }),
    )
    void reply.status(201)
    return viewOf(id)
  }

  /** Throws Problem `agreement_unknown` (404), `agreement_revoked` (409). */
  async function revoke(id: string, reason: string, by: string | null): Promise<Agreement> {
    if (!(await store.all()).some((one) => one.id === id)) throw unknown()
    const revoked = await store.revoke({ id, reason, at: new Date(clock.now()), by }, (tx) =>
      append(tx, { type: 'gate.revoked', callId: null, data: { agreementId: id, by } }),
    )
    const now = await viewOf(id)
    if (!revoked) throw new Problem('agreement_revoked', 409, 'The agreement is revoked already.')
    return now
  }

  async function document(id: string, { reply }: Http): Promise<unknown> {
    const found = await store.document(id)
    if (!found) throw new Problem('agreement_document_unknown', 404, 'there is no document of this agreement')
    return reply
      .headers({
        'content-type': found.mediaType,
        'content-disposition': `attachment; filename="${id}"`,
        'x-content-type-options': 'nosniff',
      })
      .send(found.bytes)
  }

  return {
    routes: {
      'GET /agreements': async () => ({ items: agreements.map(view) }),
      'POST /agreements': ({ actor, request, reply }) => register({ request, reply }, actor.personId),
      'POST /agreements/:agreementId/revoke': ({ actor, params, body }) =>
        revoke(params.agreementId, body.reason, actor.personId),
      'GET /agreements/:agreementId/document': ({ params, request, reply }) =>
        document(params.agreementId, { request, reply }),
    },
    agreements: () => agreements.map(view),
    ask: (feature, about, atMs = clock.now()) =>
      gateOf({ table: deps.jurisdictions(), controller: deps.controller(), agreements }, feature, about, atMs),
  }
}
