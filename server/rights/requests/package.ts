import type { RightsRequest, CallerView } from '../../../contract/models/rights.ts'
import type { Clock } from '../../platform/clock.ts'
import { bufferEntry, writeZip, type ZipInput } from '../../../proof/zip.ts'
import { aboutPdf } from '../letters/about.ts'

type Who = { personId: string | null; tokenId: string | null; sessionId: string | null; role: string }

export type DeliveryDeps = {
  clock: Clock
  /** What a caller is told of the call. */
  told: (callId: string) => Promise<CallerView>
  /** What the caller said, as a document with DPV consent records. */
  consent: (callId: string) => Promise<object>
  personCopy: (
    ask: { callId: string; masks: RightsRequest['masks']; to: Who; requestId: string },
    use: (copies: ZipInput[]) => AsyncGenerator<Buffer>,
  ) => AsyncGenerator<Buffer>
}

/**
 * What a person gets: a ZIP with the recording, everything that is kept and known of it as JSON and in words, and the times and
 * purposes of every consultation (CJEU C-579/21). Nothing of it is ever stored.
 */
export async function* deliver(deps: DeliveryDeps, request: RightsRequest, to: Who): AsyncGenerator<Buffer> {
  const { callId, language, masks } = request
  const view = await deps.told(callId)
  const madeAt = new Date(deps.clock.now())
  const documents = [
    bufferEntry(
      'data.json',
      encode({
        v: 1,
        madeAt: madeAt.toISOString(),
        request: { id: request.id, kind: request.kind, askedAt: request.askedAt },
        call: { id: callId, ...withoutPage(view) },
        consent: await deps.consent(callId),
        silenced: masks,
        // Said rather than left out: these rights cover what is inferred from a voice, too.
        transcript: null,
        automatedDecisions: false,
      }),
    ),
    bufferEntry('about.pdf', await aboutPdf(view, { language, callId, madeAt, masks })),
  ]
  yield* deps.personCopy({ callId, masks, to, requestId: request.id }, (recordings) =>
    writeZip([...documents, ...recordings]),
  )
}

/** What only the page needs is no data of the person. */
function withoutPage(view: CallerView): object {
  const requests = view.requests.map(({ kind, askedAt, dueOn, state }) => ({ kind, askedAt, dueOn, state }))
  return { ...view, requests, linkExpiresAt: undefined }
}

const encode = (document: unknown): Buffer => Buffer.from(`${JSON.stringify(document, null, 1)}\n`)
