import type { LegalBasis } from '../../../contract/models/policy.ts'
import type { Consent } from './standing.ts'

/** Something kept of a call for a purpose, on a legal basis (null: none is known). */
export type Holding = { callId: string; purpose: string; basis: LegalBasis | null }
/** What becomes of a holding, and the article that says so, for the answer to the caller. */
export type Fate<H extends Holding> = { holding: H; article: string }

const ended: Partial<Record<LegalBasis | 'none', string>> = {
  consent: 'GDPR art. 7(3), 17(1)(b)',
  legitimate_interests: 'GDPR art. 21(1), 17(1)(c)',
  public_task: 'GDPR art. 21(1), 17(1)(c)',
  none: 'GDPR art. 6(1), 17(1)(d)',
}
const kept: Partial<Record<LegalBasis, string>> = {
  contract: 'GDPR art. 6(1)(b)',
  legal_obligation: 'GDPR art. 6(1)(c), 17(3)(b)',
  vital_interests: 'GDPR art. 6(1)(d)',
}

/**
 * What a caller's no ends of what is kept, and what stays although the caller said no. A no is taken by what it means, not by
 * its name: what rests on consent ends without it, what rests on legitimate interests or a public task ends by objection; a
 * contract or a legal duty does not end by it. A yes ends nothing and answers nothing. Pure.
 */
export function endedBy<H extends Holding>(
  record: Pick<Consent, 'callId' | 'purpose' | 'value'>,
  holdings: readonly H[],
): { ends: Fate<H>[]; stays: Fate<H>[] } {
  const concerned = holdings
    .filter(() => record.value === 'no')
    .filter((one) => record.callId === null || one.callId === record.callId)
    .filter((one) => record.purpose === null || one.purpose === record.purpose)
  const fates = (articles: Partial<Record<string, string>>): Fate<H>[] =>
    concerned.flatMap((holding) => {
      const article = articles[holding.basis ?? 'none']
      return article === undefined ? [] : [{ holding, article }]
    })
  return { ends: fates(ended), stays: fates(kept) }
}
