import { z } from 'zod'
import { ProcessingRegister } from './models/accountability.ts'
import { Locale } from './models/common.ts'
import { SecurityEvidence } from './models/security.ts'
import type { Route } from './routes.ts'

/** Routes by which the controller shows what it does (GDPR art. 5(2)). */
export const accountabilityRoutes = {
  'GET /accountability/processing': {
    summary: 'The register of processing (GDPR art. 30), from what is in force now',
    may: 'governance.read',
    reply: ProcessingRegister,
  },
  'GET /accountability/processing/document': {
    summary: 'The same to be read and signed: PDF',
    may: 'governance.read',
    query: z.object({ language: Locale }),
    raw: true,
    reply: z.unknown(),
  },
  'GET /accountability/security': {
    summary: 'Security evidence: controls of ISO/IEC 27001:2022 and 27701:2025 with what is measured now',
    may: 'governance.read',
    reply: SecurityEvidence,
  },
  'GET /accountability/security/document': {
    summary: 'The same to be read and handed over: PDF',
    may: 'governance.read',
    query: z.object({ language: Locale }),
    raw: true,
    reply: z.unknown(),
  },
} satisfies Record<string, Route>
