import type { CallerView, CopyMask, RightsRequest } from '../../../contract/models/rights.ts'
import type { Clock } from '../../platform/clock.ts'
import { bufferEntry, openZip, writeZip, type ZipInput, type ZipWriter } from '../../../proof/zip.ts'
import { aboutPdf } from '../letters/about.ts'
import { type CallLine, overviewPdf } from '../letters/overview.ts'
import type { CallRow, RequestCalls } from './calls.ts'

type Who = { personId: string | null; tokenId: string | null; sessionId: string | null; role: string }

export type DeliveryDeps = {
  clock: Clock
  calls: Pick<RequestCalls, 'all'>
  /** What a caller is told of the call. */
  told: (callId: string) => Promise<CallerView>
  /** What the caller said, as a document with DPV consent records. */
  consent: (callId: string) => Promise<object>
  /** What was said, redacted, without the words of passages that are silent; null when nothing is kept. */
  transcriptCopy: (callId: string, masks: CopyMask[]) => Promise<TranscriptCopy | null>
  personCopy: (
    ask: { callId: string; masks: CopyMask[]; audio: boolean; text: boolean; to: Who; requestId: string },
    use: (copies: ZipInput[]) => AsyncGenerator<Buffer>,
  ) => AsyncGenerator<Buffer>
}

type TranscriptCopy = {
  language: string | null
  madeAt: string | null
  engine: string
  model: string
  version: string
  text: string
  json: string
}

/** What is given of one call. `audio`: see `CallLine`. */
type Given = {
  callId: string
  masks: CopyMask[]
  audio: CallLine['audio']
  transcript: TranscriptCopy | null
  /** Others may be recognised in what was said as in the audio: withheld together with it. */
  mayRead: boolean
}

/**
 * What a person gets: a ZIP with the recording, everything that is kept and known of it as JSON and in words, and the times and
 * purposes of every consultation (CJEU C-579/21); of every call, a folder for each and an overview. Nothing of it is ever stored.
 */
export async function* deliver(deps: DeliveryDeps, request: RightsRequest, to: Who): AsyncGenerator<Buffer> {
  const { callId, masks } = request
  if (request.scope === 'caller' || callId === null) return yield* deliverAll(deps, request, to)
  const view = await deps.told(callId)
  const transcript = await deps.transcriptCopy(callId, masks)
  const given: Given = { callId, masks, audio: 'given', transcript, mayRead: true }
  const documents = await documentsOf(deps, request, { view, given })
  const ask = { callId, masks, audio: true, text: transcript !== null, to, requestId: request.id }
  yield* deps.personCopy(ask, (recordings) => writeZip([...documents, ...recordings]))
}

/** Audio is given while the ZIP is smaller than this, bytes: documents always fit below the 4 GiB of a ZIP. */
const mostAudio = 3.5 * 1024 ** 3

/** One call after the other, so that memory holds one; the overview comes last, when it is known what was given. */
async function* deliverAll(deps: DeliveryDeps, request: RightsRequest, to: Who): AsyncGenerator<Buffer> {
  const zip = openZip()
  const lines: CallLine[] = []
  for await (const call of deps.calls.all(request.id)) {
    const view = await deps.told(call.call_id)
    const folder = folderOf(view, call)
    const mayRead = call.audio === true
    const transcript = await deps.transcriptCopy(call.call_id, call.masks)
    const text = mayRead && transcript !== null
    const ask = { callId: call.call_id, masks: call.masks, audio: mayRead, text, to, requestId: request.id }
    yield* deps.personCopy(ask, async function* (copies) {
      const audio = audioOf({ zip, view, call, copies })
      const { startedAt, durationMs, state } = view
      lines.push({ folder, startedAt, durationMs, state, audio })
      const masks = audio === 'given' || text ? call.masks : []
      const given = { callId: call.call_id, masks, audio, transcript, mayRead }
      const documents = await documentsOf(deps, request, { view, given })
      const files = audio === 'given' ? [...documents, ...copies] : documents
      yield* zip.write(files.map((file) => ({ ...file, name: `${folder}/${file.name}` })))
    })
  }
  const madeAt = new Date(deps.clock.now())
  yield* zip.write([
    bufferEntry('overview.json', encode({ v: 1, madeAt: madeAt.toISOString(), calls: lines })),
    bufferEntry('overview.pdf', await overviewPdf(lines, { request, madeAt })),
  ])
  yield zip.end()
}

function audioOf(of: { zip: ZipWriter; view: CallerView; call: CallRow; copies: ZipInput[] }): CallLine['audio'] {
  if (of.view.state === 'destroyed') return 'none'
  if (of.call.audio === null) return 'not_examined'
  if (!of.call.audio) return 'withheld'
  if (of.copies.length === 0) return 'none'
  const bytes = of.copies.reduce((sum, copy) => sum + copy.size, of.zip.bytes)
  return bytes > mostAudio ? 'too_large' : 'given'
}

/** By their names folders are in the order of the calls. */
const folderOf = (view: CallerView, { call_id }: CallRow): string =>
  `${view.startedAt.slice(0, 16).replaceAll(':', '-')}-${call_id.slice(-8)}`

async function documentsOf(
  deps: DeliveryDeps,
  request: RightsRequest,
  { view, given }: { view: CallerView; given: Given },
): Promise<ZipInput[]> {
  const { callId, masks, audio, transcript, mayRead } = given
  const madeAt = new Date(deps.clock.now())
  const { language } = request
  const said = transcript ? (mayRead ? 'given' : 'withheld') : 'none'
  const data = {
    v: 1,
    madeAt: madeAt.toISOString(),
    request: { id: request.id, kind: request.kind, askedAt: request.askedAt },
    call: { id: callId, ...withoutPage(view) },
    consent: await deps.consent(callId),
    audio,
    silenced: masks,
    // Said rather than left out: these rights cover what is inferred from a voice, too.
    transcript: transcript && { ...madeBy(transcript), redacted: true, given: mayRead },
    automatedDecisions: false,
  }
  return [
    bufferEntry('data.json', encode(data)),
    bufferEntry('about.pdf', await aboutPdf(view, { language, callId, madeAt, masks, audio, transcript: said })),
    ...(transcript && mayRead
      ? [
          bufferEntry('transcript.txt', Buffer.from(transcript.text)),
          bufferEntry('transcript.json', Buffer.from(transcript.json)),
        ]
      : []),
  ]
}

const madeBy = ({ text: _text, json: _json, ...made }: TranscriptCopy): Omit<TranscriptCopy, 'text' | 'json'> => made

/** What only the page needs is no data of the person. */
function withoutPage(view: CallerView): object {
  const requests = view.requests.map(({ kind, askedAt, dueOn, state }) => ({ kind, askedAt, dueOn, state }))
  return { ...view, requests, linkExpiresAt: undefined }
}

const encode = (document: unknown): Buffer => Buffer.from(`${JSON.stringify(document, null, 1)}\n`)
