import { type Context, decide, isVague, type Segment, type Verdict } from './decide.ts'
import type { Cue, Lexicon } from './lexicon/lexicon.ts'
import type { CueFound, Range, Run, Scan } from './scan.ts'
import type { OpenValue, Patch, State } from './state.ts'
import type { Token } from './tokens.ts'
import type { PiiType } from './types.ts'

/** Turns without digits after which an announcement counts no more. */
const EXPECTED_TURNS = 8
/** Turns after a card in which a short number without a cue is its expiry or code. */
const CARD_TURNS = 6
/** Other words of a turn up to which it is a mere acknowledgement. */
const ACKNOWLEDGEMENT = 6
/** Parts of one value. */
const SEGMENTS = 24
const TOLD = 20
const LOOSE = 8

/** A turn with what was found in it. */
export type Scanned = {
  id: string
  lane: string
  tokens: readonly Token[]
  scan: Scan
  asks: boolean
  question: boolean
}

/** Takes a turn into the conversation: the state after it, and the spans of values it brought or completed. */
export function step(lexicon: Lexicon, before: State, turn: Scanned): { state: State; patches: Patch[] } {
  const work = { lexicon, turn, state: { ...before, turns: before.turns + 1 }, patches: [] as Patch[] }
  let cues: CueFound[] = []
  let runs = 0
  for (const event of turn.scan.events)
    if (event.kind === 'cue') cues.push(event)
    else if (event.kind === 'mark') {
      cues = []
      work.state = { ...work.state, expected: without(work.state, event.type) }
    } else {
      if (cues.length > 0 || takesPart(work, event)) {
        take(work, event, cues)
        runs++
      }
      cues = []
    }
  finish(work, cues, runs)
  return { state: work.state, patches: work.patches }
}

type Work = { lexicon: Lexicon; turn: Scanned; state: State; patches: Patch[] }

/** Stretches of words that may be letters count only where letters are told. */
function takesPart({ turn, state }: Work, run: Run): boolean {
  if (run.tight || run.dated) return true
  const open = state.open.get(turn.lane)
  const cue = open && !open.whole && open.live ? (open.type ?? open.cue) : state.expected?.cues[0]
  return run.last && run.first && (cue === 'IBAN' || cue === 'NATIONAL_ID' || cue === 'PASSPORT')
}

function take(work: Work, run: Run, cues: readonly CueFound[]): void {
  const { lexicon, turn } = work
  const own = cues.length > 0 ? meant(announced(cues), work.state) : null
  if (own) passOver(work, own)
  const { state } = work
  const segment = segmentOf(turn, run)
  const joined = own ? null : continued(state, turn, run)
  const expected = own || joined ? null : state.expected
  const context: Context = {
    cue: own?.at(-1) ?? joined?.cue ?? expected?.cues[0] ?? null,
    asked: own !== null || (joined?.asked ?? expected?.asked ?? false),
    dated: run.dated || joined?.dated === true,
    unit: run.unit,
    other: run.other,
    followed: run.followed && !joined,
    afterCard: state.turns - state.cardAt <= CARD_TURNS,
  }
  const segments = joined ? [...joined.segments, segment].slice(-SEGMENTS) : [segment]
  let verdict = decide(lexicon, segments, context)
  let kept: readonly Segment[] = segments
  if (joined && verdict.type === null)
    [verdict, kept] = later(lexicon, segments, context) ?? [verdict, joined.type ? [segment] : segments]
  // The last digits of a card, repeated, are not its code.
  const open = verdict.type === null || verdict.type === 'CVV' || verdict.type === 'EXPIRY'
  const told = open && !run.unit && !run.other && context.cue === null ? echo(state, turn, verdict.code) : null
  if (told) verdict = { ...verdict, type: told }
  settle(work, { run, segments: kept, verdict, context, isEcho: told !== null })
}

/**
 * What was told before may be whole, or an order number, and the last turns another value, which its form shows. After an
 * order number a telephone number's form is not enough.
 */
function later(lexicon: Lexicon, segments: readonly Segment[], context: Context): [Verdict, readonly Segment[]] | null {
  for (let from = 1; from < segments.length; from++) {
    const rest = segments.slice(from)
    const verdict = decide(lexicon, rest, {
      ...context,
      cue: null,
      afterCard: context.afterCard && context.cue !== 'OTHER',
    })
    if (verdict.type && !(context.cue === 'OTHER' && verdict.type === 'PHONE')) return [verdict, rest]
  }
  return null
}

/** Something else is announced: what was told in part is told as far as it will be. */
function passOver(work: Work, own: readonly Cue[]): void {
  const { expected } = work.state
  const [first] = expected?.cues ?? []
  if (!expected?.begun || first === undefined || isVague(own.at(-1) ?? null) || own.includes(first)) return
  const cues = expected.cues.slice(1)
  work.state = { ...work.state, expected: cues.length > 0 ? { ...expected, cues, begun: false } : null }
}

/** Where something was asked for, `the numbers are` means that. */
function meant(cues: Cue[], { expected }: State): Cue[] {
  const asked = expected?.asked === true ? expected.cues[0] : undefined
  const untold = asked !== undefined && !expected?.begun && !isVague(asked) && asked !== 'OTHER'
  return untold && cues.at(-1) === 'NUMBER' ? [asked] : cues
}

const isPayment = (cue: Cue): boolean => cue === 'CARD' || cue === 'IBAN' || cue === 'CVV' || cue === 'EXPIRY'

/** Which of the cues before a value are meant: `scadenza della carta` is an expiry, `numero d'ordine` an order. */
export function announced(cues: readonly CueFound[]): Cue[] {
  const plain = cues.map(({ cue }) => cue)
  const [main, purpose] = cues.slice(-2)
  // `l'iban per il rimborso` is an account still.
  if (main && purpose?.cue === 'OTHER' && purpose.purpose && isPayment(main.cue)) return announced(cues.slice(0, -1))
  const certain = plain.filter((cue) => cue !== 'NUMBER' && cue !== 'DATE')
  // The address of an e-mail is none of a house.
  const list = (certain.length > 0 ? certain : plain).filter(
    (cue, k, all) => cue !== 'ADDRESS' || all[k + 1] !== 'EMAIL',
  )
  const owner = list.at(-1)
  const owned = list.slice(0, -1).some((cue) => cue === 'CVV' || cue === 'EXPIRY' || cue === 'NAME')
  const belongs = (owned && (owner === 'CARD' || owner === 'IBAN')) || (owner === 'NAME' && list[0] !== 'OTHER')
  const kept = belongs && list[0] !== owner ? list.slice(0, -1) : list
  return kept.filter((cue, k) => kept.indexOf(cue) === k)
}

/** The value that a run goes on with: the lane's last, when nothing came between or it is known to be unfinished. */
function continued(state: State, turn: Scanned, run: Run): OpenValue | null {
  const open = state.open.get(turn.lane)
  if (!open || run.other || run.unit) return null
  // A digit or two more, and corrections, belong to a value that seems whole.
  const rest = open.live && run.first && ((run.last && isShort(run)) || run.corrects)
  if (open.whole && !rest && !isVague(open.cue)) return null
  if (open.live && run.first) return open
  return open.type !== null && state.expected?.cues[0] === open.type && !(run.followed && isShort(run)) ? open : null
}

const isShort = ({ wide }: Run): boolean => wide.to - wide.from <= 2

function segmentOf(turn: Scanned, { wide, tight }: Run): Segment {
  const cut = (range: Range): Token[] => turn.tokens.slice(range.from, range.to)
  return { turn: turn.id, wide: cut(wide), tight: tight ? cut(tight) : [] }
}

/** The type of a value told before that these digits repeat; a few digits only when the other lane has just told them. */
function echo(state: State, turn: Scanned, code: string): PiiType | null {
  const match = state.told.findLast(
    (value) =>
      value.code.includes(code) &&
      (code.length >= 4 || (code.length >= 2 && value.lane !== turn.lane && state.turns - value.at <= 2)),
  )
  return match?.type ?? null
}

type Settled = { run: Run; segments: readonly Segment[]; verdict: Verdict; context: Context; isEcho: boolean }

/** Marks a value's places, and keeps what the next turns need of it. */
function settle(work: Work, { run, segments, verdict, context, isEcho }: Settled): void {
  const { turn } = work
  const { type, code, wide } = verdict
  for (const segment of segments) work.patches.push(patchOf(segment, type, wide))
  const open: OpenValue = {
    segments,
    cue: context.cue,
    asked: context.asked,
    dated: context.dated,
    type,
    whole: verdict.whole,
    live: run.last && !run.unit && !run.other,
  }
  if (!isEcho) work.state = { ...work.state, open: new Map(work.state.open).set(turn.lane, open) }
  if (type) remember(work, type, verdict)
  else if (context.cue === null && !run.unit && !run.other && code.length >= 4) loosen(work, segments, code)
}

function patchOf({ turn, wide, tight }: Segment, type: PiiType | null, takesWide: boolean): Patch {
  const place = { turn, start: wide[0]?.start ?? 0, end: wide.at(-1)?.end ?? 0 }
  const tokens = takesWide ? wide : tight
  const [first, last] = [tokens[0], tokens.at(-1)]
  return { ...place, span: type && first && last ? { type, start: first.start, end: last.end } : null }
}

/** A value is known from now on: its repetitions are it too, and it is expected no more when it is whole. */
function remember(work: Work, type: PiiType, { code, whole, wide }: Verdict): void {
  const { state, turn } = work
  const at = state.turns
  for (const { segment, code: repeated } of state.loose)
    if (code.includes(repeated)) work.patches.push(patchOf(segment, type, wide))
  const others = state.told.filter((value) => !(value.lane === turn.lane && code.startsWith(value.code)))
  work.state = {
    ...state,
    told: [...others, { type, code, lane: turn.lane, at }].slice(-TOLD),
    loose: state.loose.filter((loose) => !code.includes(loose.code)),
    cardAt: type === 'CARD' || type === 'CVV' || type === 'EXPIRY' ? at : state.cardAt,
    expected: whole
      ? without(state, type)
      : state.expected && { ...state.expected, age: 0, begun: state.expected.begun || state.expected.cues[0] === type },
  }
}

function without({ expected }: State, type: PiiType): State['expected'] {
  const cues = expected?.cues.filter((cue) => cue !== type) ?? []
  return expected && cues.length > 0 ? { ...expected, cues, age: 0, begun: false } : null
}

function loosen(work: Work, segments: readonly Segment[], code: string): void {
  const added = segments.map((segment) => ({ segment, code }))
  work.state = { ...work.state, loose: [...work.state.loose, ...added].slice(-LOOSE) }
}

/** What a turn leaves open: announcements without a value, and values that its words ended. */
function finish(work: Work, cues: readonly CueFound[], runs: number): void {
  const { turn, state } = work
  const { words, events } = turn.scan
  const open = new Map(state.open)
  const end = (lane: string): void => {
    const value = open.get(lane)
    if (value) open.set(lane, { ...value, live: false })
  }
  const spoke = words > ACKNOWLEDGEMENT || cues.length > 0
  if (spoke || (runs === 0 && words > 2)) end(turn.lane)
  if (spoke) for (const lane of open.keys()) if (lane !== turn.lane) end(lane)
  work.state = { ...state, open, expected: expectation(work, cues) ?? aged(state, events.length + runs > 0) }
}

function expectation({ turn }: Work, cues: readonly CueFound[]): State['expected'] {
  const last = cues.at(-1)
  if (!last) return null
  const atEnd = turn.tokens.length - last.to <= 3
  const asked = turn.asks || turn.question || atEnd
  const list = awaited(announced(cues))
  // What is no personal data is expected only when it was asked for: a bill may be mentioned while a card is awaited.
  return list[0] === 'OTHER' && !asked ? null : { cues: list, asked, age: 0, begun: false }
}

/** An order that is mentioned with an account or card that is asked for does not count; otherwise the last word does. */
function awaited(cues: Cue[]): Cue[] {
  const personal = cues.filter((cue) => cue !== 'OTHER')
  return cues.at(-1) === 'OTHER' && !personal.some(isPayment) ? ['OTHER'] : personal
}

function aged({ expected }: State, spoken: boolean): State['expected'] {
  if (!expected || expected.age >= EXPECTED_TURNS) return null
  return spoken ? expected : { ...expected, age: expected.age + 1 }
}
