import type { Gap, GapKind } from '../../../../contract/models/calls.ts'
import type { Turn } from '../../../../contract/models/transcripts.ts'

/** What stands in the text, one under the other: what somebody said, or audio that is left out there. */
export type Line =
  | { kind: 'turn'; key: string; fromMs: number; turn: Turn }
  | { kind: 'gap'; key: string; fromMs: number; toMs: number; gap: GapKind }

/** Left out on purpose, with the shortest span worth a line, ms; of the rest, only what was lost for longer. */
const deliberate: readonly GapKind[] = [
  'paused',
  'source_paused',
  'sensitive',
  'agent_off',
  'no_consent',
  'outside_contract',
  'hold',
]
const shortestMs = (kind: GapKind): number =>
  kind === 'dtx' ? Number.POSITIVE_INFINITY : deliberate.includes(kind) ? 500 : 2000
/** Gaps of one kind on both lanes are one line, and so are pieces of one with less than this between them, ms. */
const togetherMs = 500

/** Turns, and where audio is left out a line in its place. Turns come in the order in which they began. */
export function linesOf(turns: readonly Turn[], gaps: readonly Gap[]): Line[] {
  const said = turns.map((turn): Line => ({ kind: 'turn', key: `turn ${turn.index}`, fromMs: turn.fromMs, turn }))
  return [...leftOut(gaps), ...said].toSorted((a, b) => a.fromMs - b.fromMs || (a.kind === 'gap' ? -1 : 1))
}

function leftOut(gaps: readonly Gap[]): Line[] {
  const lines: { kind: 'gap'; key: string; gap: GapKind; fromMs: number; toMs: number }[] = []
  for (const { kind, fromMs, toMs } of gaps.toSorted((a, b) => a.fromMs - b.fromMs)) {
    const last = lines.findLast(({ gap }) => gap === kind)
    if (last && fromMs - last.toMs < togetherMs) last.toMs = Math.max(last.toMs, toMs)
    else lines.push({ kind: 'gap', key: `${kind} ${fromMs}`, gap: kind, fromMs, toMs })
  }
  return lines.filter(({ gap, fromMs, toMs }) => toMs - fromMs >= shortestMs(gap))
}

/** Index of the last one that began by then; −1 before the first. Binary search. */
export function lastBegun(all: readonly { fromMs: number }[], ms: number): number {
  let [low, high] = [0, all.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (all[middle]!.fromMs <= ms) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** A word is shown as spoken until the next begins, but no longer than this after its own end, ms. */
const lingersMs = 300

/** The word that is spoken at a moment; −1 when none is. */
export function wordAt({ words, fromMs, toMs }: Pick<Turn, 'words' | 'fromMs' | 'toMs'>, ms: number): number {
  if (ms < fromMs || ms > toMs + lingersMs) return -1
  const index = lastBegun(words, ms)
  const word = words[index]
  return word && ms <= word.toMs + lingersMs ? index : -1
}

/** Found in a line: characters of the turn's text. */
export type Hit = { line: number; at: number; length: number }

/** Places of a text in all turns, whatever its case and accents. What stands under a mark was not said like that, and is not found. */
export function findIn(lines: readonly Line[], text: string): Hit[] {
  const wanted = folded(text.trim())
  if (!wanted) return []
  return lines.flatMap((line, index) => {
    if (line.kind === 'gap') return []
    const said = folded(line.turn.text)
    const hits: Hit[] = []
    for (let at = said.indexOf(wanted); at >= 0; at = said.indexOf(wanted, at + wanted.length)) {
      const end = at + wanted.length
      if (!line.turn.marks.some((mark) => mark.at < end && mark.at + mark.length > at))
        hits.push({ line: index, at, length: wanted.length })
    }
    return hits
  })
}

const letters = new Map<string, string>([['’', "'"]])
/** Character by character, so that places in the text stay places. */
function folded(text: string): string {
  let all = ''
  for (let i = 0; i < text.length; i++) {
    const letter = text[i]!
    let plain = letters.get(letter)
    if (plain === undefined) {
      plain = letter.normalize('NFD')[0]!.toLowerCase()
      if (plain.length !== 1) plain = letter
      letters.set(letter, plain)
    }
    all += plain
  }
  return all
}

/** Line of the turn to which a key leads from a line; null when it leads nowhere. */
export function nextTurn(lines: readonly Line[], from: number, key: string): number | null {
  const isTurn = ({ kind }: Line): boolean => kind === 'turn'
  const beyond = from + 1
  const ways: Record<string, () => number> = {
    ArrowDown: () => lines.findIndex((line, i) => i >= beyond && isTurn(line)),
    ArrowUp: () => lines.slice(0, from).findLastIndex(isTurn),
    Home: () => lines.findIndex(isTurn),
    End: () => lines.findLastIndex(isTurn),
  }
  const found = ways[key]?.()
  return found === undefined || found < 0 ? null : found
}

/** A stretch of a turn that looks one way. `word`: index among its words; `mark`: something personal was taken out. */
export type Piece = {
  at: number
  text: string
  word: number | null
  mark: Turn['marks'][number]['type'] | null
  hit: Hit | null
}

/** A turn in pieces, cut wherever a word, a mark or something found begins or ends. */
export function piecesOf(
  { text, words, marks }: Pick<Turn, 'text' | 'words' | 'marks'>,
  hits: readonly Hit[],
): Piece[] {
  const cuts = [...words, ...marks, ...hits].flatMap(({ at, length }) => [at, at + length])
  const edges = [...new Set([0, ...cuts, text.length])].filter((at) => at <= text.length).toSorted((a, b) => a - b)
  const mine = <T extends { at: number; length: number }>(all: readonly T[], at: number): number =>
    all.findIndex((one) => one.at <= at && at < one.at + one.length)
  return edges.slice(0, -1).flatMap((at, i): Piece[] => {
    const mark = marks[mine(marks, at)] ?? null
    // a mark is one badge, whatever is cut inside it
    if (mark && mark.at !== at) return []
    const word = mine(words, at)
    return [
      {
        at,
        text: mark ? text.slice(at, at + mark.length) : text.slice(at, edges[i + 1]),
        word: word < 0 ? null : word,
        mark: mark?.type ?? null,
        hit: hits[mine(hits, at)] ?? null,
      },
    ]
  })
}
