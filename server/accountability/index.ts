import type { FastifyReply } from 'fastify'
import type { ProcessingRegister } from '../../contract/models/accountability.ts'
import type { SecurityEvidence } from '../../contract/models/security.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import { registerPdf } from './document.ts'
import { processingRegister, type ProcessingFacts } from './processing.ts'
import { securityPdf } from './security/document.ts'
import { securityEvidence } from './security/evidence.ts'
import type { SecurityFacts } from './security/facts.ts'

export { missingOf } from './processing.ts'
export type { SecurityFacts } from './security/facts.ts'

export type AccountabilityKeys =
  | 'GET /accountability/processing'
  | 'GET /accountability/processing/document'
  | 'GET /accountability/security'
  | 'GET /accountability/security/document'

export type AccountabilityDeps = {
  /** Everything the register is made from, as it is now. */
  facts: () => Promise<ProcessingFacts>
  /** What every room measures of itself, now. */
  security: () => Promise<SecurityFacts>
}

export type Accountability = { routes: Handlers<AccountabilityKeys> }

/** What the controller shows to those who ask (GDPR art. 5(2)), made from the running state. */
export function createAccountability({ facts, security }: AccountabilityDeps): Accountability {
  const register = async (): Promise<ProcessingRegister> => processingRegister(await facts())
  const evidence = async (): Promise<SecurityEvidence> => securityEvidence(await security())
  return {
    routes: {
      'GET /accountability/processing': () => register(),
      'GET /accountability/processing/document': async ({ query: { language }, reply }) =>
        sendPdf(reply, `register-${language}`, await registerPdf(await register(), language)),
      'GET /accountability/security': () => evidence(),
      'GET /accountability/security/document': async ({ query: { language }, reply }) =>
        sendPdf(reply, `security-${language}`, await securityPdf(await evidence(), language)),
    },
  }
}

const sendPdf = (reply: FastifyReply, name: string, pdf: Buffer): FastifyReply =>
  reply
    .headers({
      'content-type': 'application/pdf',
      'content-disposition': `attachment; filename="${name}.pdf"`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
    })
    .send(pdf)
