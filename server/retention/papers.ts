import type { LegalBasis } from '../../contract/models/policy.ts'
import type { Consent } from './consent/standing.ts'
import { lawfulBasesOf, type LawfulBasisBody } from './consent/lawful-basis.ts'
import { type TermDb, termsOf } from './terms/terms.ts'

export type PaperDeps = {
  db: TermDb
  consents: {
    about(who: { caller: Buffer | null; callId: string | null }): Promise<Consent[]>
    /** The record as JSON-LD (ISO/IEC TS 27560, W3C DPV). Throws Problem `organisation_missing`. */
    dpv(id: string): Promise<Record<string, unknown>>
  }
  /** Whether it is known who the controller is. */
  controllerKnown: () => boolean
}

/** What a call's caller said, and what it means: to travel with what leaves. */
export type ConsentPaper = {
  v: 1
  callId: string
  records: Omit<Consent, 'callId'>[]
  /** The same as DPV consent records; empty while nobody has said who the controller is. */
  dpv: Record<string, unknown>[]
}

/** Papers about one call, made from what is written down now. */
export function createPapers({ db, consents, controllerKnown }: PaperDeps) {
  async function said(callId: string): Promise<Consent[]> {
    const caller = (await termsOf(db, callId)).find((term) => term.customer_index)?.customer_index ?? null
    const records = await consents.about({ caller, callId })
    // what was said of another call is no part of this one
    return records.filter((one) => one.callId === null || one.callId === callId)
  }

  return {
    async consent(callId: string): Promise<ConsentPaper> {
      const records = await said(callId)
      const dpv = controllerKnown() ? await Promise.all(records.map(({ id }) => consents.dpv(id))) : []
      const told = records.map(({ id, purpose, value, kind, channel, atMs, announcement }) => ({
        id,
        purpose,
        value,
        kind,
        channel,
        atMs,
        announcement,
      }))
      return { v: 1, callId, records: told, dpv }
    },
    /** Bodies of vCon attachments `lawful_basis`, of the purposes that live. */
    async lawfulBases(call: { id: string; startedAt: string }): Promise<LawfulBasisBody[]> {
      const terms = (await termsOf(db, call.id)).filter((term) => term.state === 'live' && term.basis !== null)
      const purposes = terms.map(({ purpose, basis, last_day }) => ({
        purpose,
        basis: basis as LegalBasis,
        until: `${last_day}T23:59:59.999Z`,
      }))
      return lawfulBasesOf(call, purposes, await said(call.id))
    },
  }
}

export type Papers = ReturnType<typeof createPapers>
