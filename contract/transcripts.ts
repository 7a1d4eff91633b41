import { z } from 'zod'
import { CaseRef } from './models/calls.ts'
import { Id, Ok, page, PurposeKey } from './models/common.ts'
import {
  SavedSearch,
  SavedSearchDraft,
  SearchAsk,
  SearchHit,
  SpeechEngines,
  SpeechQueue,
  Transcript,
  TranscriptStatus,
  Turn,
} from './models/transcripts.ts'
import type { Route } from './routes.ts'

const callId = z.object({ callId: Id })
const searchId = z.object({ searchId: Id })

/** Routes of what was said: transcripts, search in them, and how far the writing down is. */
export const transcriptRoutes = {
  'GET /calls/:callId/transcript': {
    summary: 'Whether what was said in a call is written down, and how far it is',
    may: 'calls.read',
    params: callId,
    reply: TranscriptStatus,
  },
  'POST /calls/:callId/transcript': {
    summary: 'Read what was said in a call, for a purpose; written down as an access',
    may: 'calls.read',
    params: callId,
    body: z.object({ purpose: PurposeKey, reason: z.string().max(500).default(''), caseRef: CaseRef }),
    reply: Transcript,
  },
  'POST /calls/:callId/transcript/export': {
    summary: 'Take what was said in a call away as a file; written down as an export',
    may: 'calls.export',
    params: callId,
    body: z.object({
      purpose: PurposeKey,
      format: z.enum(['text', 'srt', 'vtt', 'json']),
      reason: z.string().max(500).default(''),
      caseRef: CaseRef,
    }),
    reply: z.object({ name: z.string(), type: z.string(), content: z.string() }),
  },
  'POST /calls/:callId/transcript/corrections': {
    summary: 'Note beside a turn what was really said; the text stays as it was heard',
    may: 'calls.read',
    params: callId,
    body: z.object({
      purpose: PurposeKey,
      index: z.number().int().min(0),
      text: z.string().trim().min(1).max(2000),
    }),
    reply: Turn,
  },
  'POST /transcripts/search': {
    summary: 'Find words in everything that was said, for a purpose; what is quoted is written down as an access',
    may: 'calls.read',
    body: SearchAsk,
    reply: page(SearchHit),
  },
  'GET /transcripts/search': {
    summary: 'How one may search: by words always, by meaning where a model of embeddings is named',
    may: 'calls.read',
    reply: z.object({ by: z.array(SearchAsk.shape.by.unwrap()) }),
  },
  'GET /transcripts/searches': {
    summary: 'Searches somebody keeps, and those shared with them',
    may: 'calls.read',
    reply: z.object({ items: z.array(SavedSearch) }),
  },
  'POST /transcripts/searches': {
    summary: 'Keep a search, at most a hundred; some roles may share it',
    may: 'calls.read',
    body: SavedSearchDraft,
    reply: SavedSearch,
  },
  'PUT /transcripts/searches/:searchId': {
    summary: 'Change a search of one’s own',
    may: 'calls.read',
    params: searchId,
    body: SavedSearchDraft,
    reply: SavedSearch,
  },
  'DELETE /transcripts/searches/:searchId': {
    summary: 'Remove a search of one’s own; who may share removes shared ones too',
    may: 'calls.read',
    params: searchId,
    reply: Ok,
  },
  'GET /speech/engines': {
    summary: 'Which speech engine serves which language, how fast it is here, and what to do where there is none',
    may: 'sources.manage',
    reply: SpeechEngines,
  },
  'GET /speech/queue': {
    summary: 'What waits to be written down, and what could not be',
    may: 'sources.manage',
    reply: SpeechQueue,
  },
  'POST /speech/queue/:callId/retry': {
    summary: 'Try again to write down what was said in a call',
    may: 'sources.manage',
    params: callId,
    reply: Ok,
  },
} as const satisfies Record<string, Route>
