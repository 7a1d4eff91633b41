import { advance, initial, merged, openPlaces, type Settings, type State } from './conversation.ts'
import type { Cue } from './lexicon/lexicon.ts'
import type { Patch } from './state.ts'
import type { Span, Turn } from './types.ts'

/** Turns whose spans may still change. */
const KEPT_TURNS = 40

/** What a turn, or a part of it, means for what is shown. */
export type Update = {
  /** All spans of the turn itself and of every turn before it that changed, by turn. */
  spans: ReadonlyMap<string, readonly Span[]>
  /**
   * Places that have no span yet and may become part of a card or account: hold them back, or mask them, until the
   * lane's next turn.
   */
  open: readonly { turn: string; start: number; end: number }[]
  /** What the next digits are expected to be. */
  expecting: Cue | null
}

/** The redaction of a conversation while it goes on. */
export type LiveRedaction = {
  /** A turn as it is now; may be called again with a longer or corrected text, and changes nothing for later turns. */
  partial(turn: Turn): Update
  /** A turn as it stays. */
  final(turn: Turn): Update
}

/** Spans of a turn by the place they were found at. */
type Places = ReadonlyMap<string, Patch>

/** Redacts a conversation turn by turn. Holds the last turns' places, never their text. */
export function liveRedaction(settings: Settings): LiveRedaction {
  let state: State = initial
  let places: ReadonlyMap<string, Places> = new Map()
  const take = (turn: Turn): { state: State; places: ReadonlyMap<string, Places>; update: Update } => {
    const next = advance(settings, state, turn)
    const all = new Map(places)
    if (!all.has(turn.id)) all.set(turn.id, new Map())
    const changed = new Set([turn.id])
    for (const patch of next.patches) {
      const before = all.get(patch.turn)
      if (!before) continue
      all.set(patch.turn, new Map(before).set(keyOf(patch), patch))
      changed.add(patch.turn)
    }
    const spans = new Map([...changed].map((id) => [id, spansOf(all.get(id))]))
    const expecting = next.state.expected?.cues[0] ?? null
    return { state: next.state, places: all, update: { spans, open: openPlaces(next.state, turn.lane), expecting } }
  }
  return {
    partial: (turn) => take(turn).update,
    final: (turn) => {
      const taken = take(turn)
      state = taken.state
      places = new Map([...taken.places].slice(-KEPT_TURNS))
      return taken.update
    },
  }
}

/** Values by where they stand; what is found by its words, by type too. */
const keyOf = ({ start, span }: Patch): string =>
  span && ['EMAIL', 'ADDRESS', 'NAME', 'HEALTH'].includes(span.type) ? `${start} ${span.type}` : String(start)

const spansOf = (places: Places | undefined): Span[] =>
  merged([...(places?.values() ?? [])].flatMap(({ span }) => (span ? [span] : [])))

/** Spans of every turn of a finished conversation, by turn. */
export function redactConversation(settings: Settings, turns: readonly Turn[]): Map<string, readonly Span[]> {
  let state: State = initial
  const places = new Map<string, Map<string, Patch>>(turns.map(({ id }) => [id, new Map()]))
  for (const turn of turns) {
    const next = advance(settings, state, turn)
    state = next.state
    for (const patch of next.patches) places.get(patch.turn)?.set(keyOf(patch), patch)
  }
  return new Map(turns.map(({ id }) => [id, spansOf(places.get(id))]))
}
