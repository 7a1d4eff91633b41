import type { ProcessingRegister } from '../../contract/models/accountability.ts'
import type { Handlers } from '../platform/http/handlers.ts'
import { registerPdf } from './document.ts'
import { processingRegister, type ProcessingFacts } from './processing.ts'

export type AccountabilityKeys = 'GET /accountability/processing' | 'GET /accountability/processing/document'

export type AccountabilityDeps = {
  /** Everything the register is made from, as it is now. */
  facts: () => Promise<ProcessingFacts>
}

export type Accountability = { routes: Handlers<AccountabilityKeys> }

/** What the controller shows to those who ask (GDPR art. 5(2)), made from the running state. */
export function createAccountability({ facts }: AccountabilityDeps): Accountability {
  const register = async (): Promise<ProcessingRegister> => processingRegister(await facts())
  return {
    routes: {
      'GET /accountability/processing': () => register(),
      'GET /accountability/processing/document': async ({ query, reply }) => {
        const pdf = await registerPdf(await register(), query.language)
        return reply
          .headers({
            'content-type': 'application/pdf',
            'content-disposition': `attachment; filename="register-${query.language}.pdf"`,
            'x-content-type-options': 'nosniff',
            'cache-control': 'no-store',
          })
          .send(pdf)
      },
    },
  }
}
