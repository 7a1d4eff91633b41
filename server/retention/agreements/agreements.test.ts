import { createHash } from 'node:crypto'
import multipart from '@fastify/multipart'
import Fastify, { type FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Agreement } from '../../../contract/models/agreements.ts'
import { memoryBox } from '../../people/testkit/box.ts'
import { newId } from '../../platform/ids.ts'
import { isProblem } from '../../platform/problem.ts'
import { testDatabase, type TestDatabase } from '../../platform/testkit/database.ts'
import { shippedTable } from '../organisation/countries.ts'
import { actor, personId, surroundings } from '../testkit/governance.ts'
import { createGate, type Gate } from './agreements.ts'
import { maxDocumentBytes } from './form.ts'

const facts = {
  country: 'DE',
  kind: 'de_works_agreement',
  features: ['training_use', 'training_use'],
  teams: [],
  validFrom: '2026-01-01',
  validTo: null,
  reference: 'Betriebsvereinbarung 7, Frau Schmidt',
}
const boundary = 'x-boundary'
const pdf = Buffer.from('%PDF-1.7 signed by Frau Schmidt')

let database: TestDatabase
let gate: Gate
let app: FastifyInstance
const around = surroundings()
const box = memoryBox()
const open = () =>
  createGate({ db: database.db, box, ...around, jurisdictions: () => shippedTable, controller: () => 'DE' })
const about = { country: 'DE', teamIds: [] }

function form(parts: { name: string; body: string | Buffer; type?: string }[]) {
  const pieces = parts.map(({ name, body, type }) =>
    Buffer.concat([
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${type ? `; filename="a"\r\nContent-Type: ${type}` : ''}\r\n\r\n`,
      ),
      Buffer.from(body),
      Buffer.from('\r\n'),
    ]),
  )
  return Buffer.concat([...pieces, Buffer.from(`--${boundary}--\r\n`)])
}
const post = (payload: Buffer) =>
  app.inject({
    method: 'POST',
    url: '/agreements',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    payload,
  })
const register = async (more: object = {}, document?: Buffer) => {
  const parts = [{ name: 'facts', body: JSON.stringify({ ...facts, ...more }) }]
  return post(form(document ? [{ name: 'document', body: document, type: 'application/pdf' }, ...parts] : parts))
}

beforeAll(async () => {
  database = await testDatabase()
  gate = await open()
  app = Fastify()
  await app.register(multipart)
  app.setErrorHandler((error, _, reply) => {
    if (!isProblem(error)) throw error
    return reply.status(error.status).send({ code: error.code, params: error.params })
  })
  app.post('/agreements', (request, reply) => gate.routes['POST /agreements']({ actor, request, reply }))
  app.get('/agreements/:agreementId/document', (request, reply) =>
    gate.routes['GET /agreements/:agreementId/document']({
      actor,
      params: request.params as { agreementId: string },
      request,
      reply,
    }),
  )
})
afterAll(async () => {
  await app.close()
  await database.drop()
})

const revoke = (agreementId: string) =>
  gate.routes['POST /agreements/:agreementId/revoke']({
    params: { agreementId },
    body: { reason: 'Terminated by the works council' },
    actor,
    request: null as never,
    reply: null as never,
  })

describe('registered documents', () => {
  let agreement: Agreement

  it('one opens the gate at once, and is there after a start', async () => {
    expect(gate.ask('training_use', about)).toMatchObject({ open: false, code: 'agreement_missing' })
    const reply = await register({}, pdf)
    expect(reply.statusCode).toBe(201)
    agreement = reply.json<Agreement>()
    expect(agreement).toMatchObject({
      features: ['training_use'],
      reference: facts.reference,
      registeredBy: personId,
      inForce: true,
      document: {
        mediaType: 'application/pdf',
        bytes: pdf.length,
        sha256: createHash('sha256').update(pdf).digest('hex'),
      },
    })
    const answer = { open: true, code: 'agreed', agreementIds: [agreement.id] }
    expect(gate.ask('training_use', about)).toEqual(answer)
    expect((await open()).ask('training_use', about)).toEqual(answer)
    expect(gate.ask('training_use', about, around.clock.now() - 1).open).toBe(false)
  })

  it('the document comes back as it was, never as a page', async () => {
    const reply = await app.inject(`/agreements/${agreement.id}/document`)
    expect(reply.rawPayload).toEqual(pdf)
    expect(reply.headers).toMatchObject({ 'content-type': 'application/pdf', 'x-content-type-options': 'nosniff' })
    expect(reply.headers['content-disposition']).toContain('attachment')
    expect((await app.inject(`/agreements/${newId()}/document`)).json()).toMatchObject({
      code: 'agreement_document_unknown',
    })
  })

  it('is sealed, told to the log without names, and kept as written', async () => {
    const { rows } = await sql<{ all: Buffer }>`
      select a.reference || d.sealed as all from agreement a join agreement_document d on d.agreement_id = a.id`.execute(
      database.db,
    )
    expect(rows[0]?.all.toString('latin1')).not.toContain('Schmidt')
    expect(around.told).toMatchObject([{ type: 'gate.registered', data: { agreementId: agreement.id, by: personId } }])
    expect(JSON.stringify(around.told)).not.toContain('Schmidt')
    for (const statement of [
      'delete from agreement_document',
      "update agreement set country = 'IT'",
      'truncate agreement_revocation',
    ])
      await expect(sql.raw(statement).execute(database.db)).rejects.toThrow('kept as written')
  })

  it('revoking closes the gate at once, once, and the history stays', async () => {
    around.clock.advance(1000)
    expect(await revoke(agreement.id)).toMatchObject({
      revokedBecause: 'Terminated by the works council',
      revokedBy: personId,
      inForce: false,
    })
    expect(gate.ask('training_use', about)).toMatchObject({ open: false, code: 'agreement_not_in_force' })
    expect(gate.ask('training_use', about, around.clock.now() - 1).open).toBe(true)
    await expect(revoke(agreement.id)).rejects.toMatchObject({ code: 'agreement_revoked', status: 409 })
    await expect(revoke(newId())).rejects.toMatchObject({ code: 'agreement_unknown', status: 404 })
    expect(around.told.map((event) => event.type)).toEqual(['gate.registered', 'gate.revoked'])
    expect(
      (await gate.routes['GET /agreements']({ actor, request: null as never, reply: null as never })).items,
    ).toHaveLength(1)
  })

  it('what cannot be registered', async () => {
    const codeOf = async (more: object) => (await register(more)).json<{ code: string }>().code
    expect(await codeOf({ kind: 'fr_cse' })).toBe('agreement_kind_country')
    expect(await codeOf({ validTo: '2025-12-31' })).toBe('agreement_dates')
    expect(await codeOf({ features: [] })).toBe('agreement_not_valid')
    expect(await codeOf({ surprise: 1 })).toBe('agreement_not_valid')
    expect((await post(form([{ name: 'facts', body: 'not json' }]))).json()).toMatchObject({
      code: 'agreement_not_valid',
    })
    expect((await app.inject({ method: 'POST', url: '/agreements', payload: facts })).json()).toMatchObject({
      code: 'multipart_expected',
    })
    expect((await register()).json()).toMatchObject({ document: null })
  })

  it('a document that is too large is refused', async () => {
    await app.close()
    app = Fastify({ bodyLimit: 1 << 26 })
    await app.register(multipart, { limits: { fileSize: 1 << 26 } })
    app.setErrorHandler((error, _, reply) =>
      reply.status(isProblem(error) ? error.status : 500).send({ code: isProblem(error) ? error.code : '' }),
    )
    app.post('/agreements', (request, reply) => gate.routes['POST /agreements']({ actor, request, reply }))
    const reply = await register({}, Buffer.alloc(maxDocumentBytes + 1))
    expect(reply.statusCode).toBe(413)
    expect(reply.json()).toEqual({ code: 'agreement_document_too_large' })
    expect((await register({}, Buffer.alloc(maxDocumentBytes))).statusCode).toBe(201)
  })
})
