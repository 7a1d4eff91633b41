import type { SavedSearchDraft } from '../../../contract/models/transcripts.ts'

export type SavedAsk = SavedSearchDraft['ask']

/** A search as its fields hold it; empty: not limited. */
export type Form = {
  purpose: string
  by: NonNullable<SavedAsk['by']>
  text: string
  speaker: string
  language: string
  queue: string
  direction: string
  /** Days where the person is, `2026-11-27`; `to` is the last one. */
  from: string
  to: string
  difficult: boolean
  /** Minutes. */
  longer: string
  shorter: string
  agentId: string
  teamId: string
}

export const blank: Form = {
  purpose: '',
  by: 'words',
  text: '',
  speaker: '',
  language: '',
  queue: '',
  direction: '',
  from: '',
  to: '',
  difficult: false,
  longer: '',
  shorter: '',
  agentId: '',
  teamId: '',
}

/** What to ask the server. Days as they were typed are days where the person is. */
export function askOf(form: Form): SavedAsk {
  const { purpose, by, text, speaker, language, direction, from, to, difficult, longer, shorter, agentId, teamId } =
    form
  const queue = form.queue.trim()
  return {
    purpose,
    ...(by === 'meaning' && { by }),
    text,
    ...(speaker && { speaker: speaker as NonNullable<SavedAsk['speaker']> }),
    ...(language && { language: language as NonNullable<SavedAsk['language']> }),
    ...(direction && { direction: direction as NonNullable<SavedAsk['direction']> }),
    ...(queue && { queue }),
    ...(from && { from: new Date(`${from}T00:00:00`).toISOString() }),
    ...(to && { to: dayAfter(to).toISOString() }),
    ...(difficult && { difficult }),
    ...(longer && { longerThanS: Math.round(Number(longer) * 60) }),
    ...(shorter && { shorterThanS: Math.max(1, Math.round(Number(shorter) * 60)) }),
    ...(agentId && { agentId }),
    ...(teamId && { teamId }),
  }
}

/** The fields of a search that was saved. */
export function formOf(ask: SavedAsk): Form {
  const {
    purpose,
    by = 'words',
    text,
    speaker = '',
    language = '',
    queue = '',
    direction = '',
    difficult = false,
  } = ask
  const { agentId = '', teamId = '' } = ask
  return {
    purpose,
    by,
    text,
    speaker,
    language,
    queue,
    direction,
    from: ask.from ? dayOf(new Date(ask.from)) : '',
    // the search ends before it
    to: ask.to ? dayOf(new Date(Date.parse(ask.to) - 1)) : '',
    difficult,
    longer: ask.longerThanS === undefined ? '' : String(ask.longerThanS / 60),
    shorter: ask.shorterThanS === undefined ? '' : String(ask.shorterThanS / 60),
    agentId,
    teamId,
  }
}

/** Midnight that ends a day: days with a change of the clock do not have 24 hours. */
function dayAfter(day: string): Date {
  const at = new Date(`${day}T00:00:00`)
  at.setDate(at.getDate() + 1)
  return at
}

function dayOf(at: Date): string {
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`
}
