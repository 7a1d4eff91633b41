/** A text as numbers: places in the vocabulary, and how much of each; its length is 1. */
export type Vector = { at: Int32Array; value: Float32Array }

/** What the features of a set of texts are, and how telling each is. */
export type Vocabulary = { places: ReadonlyMap<string, number>; weight: Float32Array }

/** Letters of parts of words that count: they find other forms of a word, and words that were misheard. */
const PARTS = [2, 5] as const
/** Words and parts of words count the same, however many more parts there are. */
const KINDS = 2

/** Lower case, without accents and signs: recognisers write them at will. */
export const wordsOf = (text: string): string[] =>
  text
    .toLowerCase()
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')

/** Words and pairs of words, then parts of words, with how often each is there. */
function counts(text: string): Map<string, number>[] {
  const words = wordsOf(text)
  const [whole, parts] = [new Map<string, number>(), new Map<string, number>()]
  const add = (to: Map<string, number>, name: string): void => void to.set(name, (to.get(name) ?? 0) + 1)
  for (const [i, word] of words.entries()) {
    add(whole, word)
    if (i > 0) add(whole, `${words[i - 1]} ${word}`)
    const edged = `<${word}>`
    for (let n = PARTS[0]; n <= PARTS[1]; n++)
      for (let from = 0; from + n <= edged.length; from++) add(parts, `_${edged.slice(from, from + n)}`)
  }
  return [whole, parts]
}

/** Learns what there is in texts: what is in few of them tells more (inverse document frequency). */
export function vocabularyOf(texts: readonly string[]): Vocabulary {
  const places = new Map<string, number>()
  const inTexts: number[] = []
  for (const text of texts)
    for (const kind of counts(text))
      for (const name of kind.keys()) {
        const at = places.get(name) ?? places.size
        places.set(name, at)
        inTexts[at] = (inTexts[at] ?? 0) + 1
      }
  const weight = Float32Array.from(inTexts, (n) => Math.log((1 + texts.length) / (1 + n)) + 1)
  return { places, weight }
}

/** A text by what is known of the vocabulary; empty when nothing in it is. */
export function vectorOf({ places, weight }: Vocabulary, text: string): Vector {
  const found: [at: number, value: number][] = []
  for (const kind of counts(text)) {
    const begin = found.length
    let squares = 0
    for (const [name, count] of kind) {
      const at = places.get(name)
      if (at === undefined) continue
      const value = (1 + Math.log(count)) * weight[at]!
      squares += value * value
      found.push([at, value])
    }
    const length = Math.sqrt(squares * KINDS)
    for (let i = begin; i < found.length; i++) found[i]![1] /= length
  }
  return { at: Int32Array.from(found, ([at]) => at), value: Float32Array.from(found, ([, value]) => value) }
}
