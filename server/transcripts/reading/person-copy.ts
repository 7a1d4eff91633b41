import type { Turn } from '../../../contract/models/transcripts.ts'
import { exported } from './export.ts'

/** A passage that is silent in a person's copy; ms from the call's start. Without `lane`, on all legs. */
export type Passage = { lane?: number | undefined; fromMs: number; toMs: number }

/** Stands where words of a silenced passage were. */
export const silenced = '[…]'

/**
 * Turns as the person they are of gets them (GDPR art. 15): without the words of passages that are silent in their copy, and without
 * the names of employees (CJEU C-579/21).
 */
export function turnsForPerson(turns: readonly Turn[], passages: readonly Passage[]): Turn[] {
  return turns.map((turn) => {
    const over = passages.filter(
      ({ lane, fromMs, toMs }) => (lane ?? turn.leg) === turn.leg && fromMs < turn.toMs && toMs > turn.fromMs,
    )
    return { ...(over.length > 0 ? without(turn, over) : turn), corrections: [] }
  })
}

/** Text as a file and for programs. */
export const filesForPerson = (turns: readonly Turn[]): { text: string; json: string } => ({
  text: exported(turns, 'text'),
  json: `${JSON.stringify({ v: 1, turns: turns.map((turn) => ({ ...turn, corrections: undefined })) }, null, 1)}\n`,
})

/** A turn whose words have no times is left out as a whole: nobody knows which of them are in the passage. */
function without(turn: Turn, over: readonly Passage[]): Turn {
  const silent = turn.words.map((word) => over.some(({ fromMs, toMs }) => fromMs < word.toMs && toMs > word.fromMs))
  if (turn.words.length === 0) return { ...turn, text: silenced, marks: [] }
  if (!silent.includes(true)) return turn
  const kept = { text: '', words: [] as Turn['words'], marks: [] as Turn['marks'] }
  let dropped = false
  for (const [i, word] of turn.words.entries()) {
    const next = turn.words[i + 1]?.at ?? turn.text.length
    if (silent[i]) {
      if (!dropped) kept.text += `${silenced} `
      dropped = true
    } else {
      dropped = false
      // what stands before the first word belongs to it
      const start = i === 0 ? 0 : word.at
      const shift = kept.text.length - start
      kept.text += turn.text.slice(start, next)
      kept.words.push({ ...word, at: word.at + shift })
      kept.marks.push(
        ...turn.marks.filter(({ at }) => at >= start && at < next).map((mark) => ({ ...mark, at: mark.at + shift })),
      )
    }
  }
  return { ...turn, ...kept, text: kept.text.trimEnd() }
}
