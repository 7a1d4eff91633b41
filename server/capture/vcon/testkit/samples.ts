import { isProblem } from '../../../platform/problem.ts'
import type { VconInput } from '../export.ts'

export const media = Buffer.from(Array.from({ length: 3000 }, (_, i) => (i * 31) & 255))

/** A call between an agent and a customer, with everything an export can say. */
export const sample: VconInput = {
  uuid: '018e3f72-c3a8-8b8e-b468-6ebf2e2e8c14',
  createdAt: new Date('2026-03-01T10:00:00.000Z'),
  updatedAt: new Date('2026-03-01T11:00:00.000Z'),
  subject: 'Contract renewal',
  parties: [
    { role: 'agent', address: 'sip:anna@example.com', name: 'Anna' },
    { role: 'customer', address: '+39021234567', name: 'Bruno', country: 'IT' },
  ],
  recordings: [
    {
      start: new Date('2026-03-01T09:55:00.250Z'),
      durationMs: 93_120,
      mediaType: 'audio/x-wav',
      filename: 'call.wav',
      media,
      channels: [[0], [1]],
      originator: 1,
      gaps: [
        { kind: 'paused', fromMs: 1000, toMs: 4000, channel: null },
        { kind: 'network_loss', fromMs: 9000, toMs: 9020, channel: 1 },
      ],
      contact: { campaign: 'spring', interactionId: 'i-1', interactionType: 'call', skill: 'renewals' },
    },
  ],
  lawfulBases: [
    {
      basis: 'consent',
      expiration: new Date('2026-09-01T00:00:00.000Z'),
      grants: [
        { purpose: 'recording', granted: true, grantedAt: new Date('2026-03-01T09:55:00.000Z'), conditions: [] },
        {
          purpose: 'training',
          granted: false,
          grantedAt: new Date('2026-03-01T09:55:00.000Z'),
          conditions: ['masked'],
        },
      ],
      party: 1,
      dialog: 0,
    },
  ],
}

export const bytesOf = (json: unknown): Buffer => Buffer.from(JSON.stringify(json))

/** The code of the Problem a promise rejects with; `accepted` when it does not reject. Anything else is rethrown. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
    return 'accepted'
  } catch (e) {
    if (isProblem(e)) return e.code
    throw e
  }
}
