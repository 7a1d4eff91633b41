import { type Confidence, confidenceOf, fitConfidence, type Guess } from './confidence.ts'
import { type Vector, vectorOf, type Vocabulary, vocabularyOf } from './features.ts'
import { marginOf, type Separator, separate } from './svm.ts'

/** A sentence and the intent it is an example of; null: of none of them. */
export type Example = { text: string; intent: string | null }

export type Classifier = {
  vocabulary: Vocabulary
  intents: readonly { intent: string; separator: Separator }[]
  confidence: Confidence
}

/** `confidence`: how often such guesses are right. */
export type Classified = { intent: string; confidence: number }

/** Parts into which examples are split to find out how good guesses about others are. */
const FOLDS = 5

type Trained = Pick<Classifier, 'vocabulary' | 'intents'>

/** Learns from examples; of each intent there must be one. The same for the same examples in the same order. */
export function train(examples: readonly Example[]): Classifier {
  return { ...learn(examples), confidence: fitConfidence(crossValidate(examples)) }
}

/** What a text is about, the likeliest first. */
export function classify({ vocabulary, intents, confidence }: Classifier, text: string): Classified[] {
  const margins = marginsOf({ vocabulary, intents }, vectorOf(vocabulary, text))
  return margins.map(({ intent, margin }, i) => ({
    intent,
    confidence: confidenceOf(confidence, { margin, lead: margin - (margins[i === 0 ? 1 : 0]?.margin ?? -1) }),
  }))
}

/** How guesses about examples turn out that were not among those learnt from: each is left out once. */
export function crossValidate(examples: readonly Example[]): (Guess & { right: boolean; intent: string | null })[] {
  const fold = foldsOf(examples)
  return Array.from({ length: FOLDS }, (_, n) => n).flatMap((n) => {
    const others = examples.filter((_, i) => fold[i] !== n)
    if (!others.some(({ intent }) => intent !== null)) return []
    const trained = learn(others)
    return examples.flatMap(({ text, intent }, i) => {
      if (fold[i] !== n) return []
      const [first, second] = marginsOf(trained, vectorOf(trained.vocabulary, text))
      const margin = first?.margin ?? -1
      return [{ margin, lead: margin - (second?.margin ?? -1), right: first?.intent === intent, intent }]
    })
  })
}

/** A fold for each example, those of an intent spread over all: one by one, as they come. */
function foldsOf(examples: readonly Example[]): number[] {
  const seen = new Map<string | null, number>()
  return examples.map(({ intent }) => {
    const n = seen.get(intent) ?? 0
    seen.set(intent, n + 1)
    return n % FOLDS
  })
}

function learn(examples: readonly Example[]): Trained {
  const vocabulary = vocabularyOf(examples.map(({ text }) => text))
  const vectors = examples.map(({ text }) => vectorOf(vocabulary, text))
  const intents = [...new Set(examples.flatMap(({ intent }) => intent ?? []))]
  return {
    vocabulary,
    intents: intents.map((intent) => {
      const isOf = examples.map((example) => example.intent === intent)
      return { intent, separator: separate(vectors, isOf, vocabulary.places.size) }
    }),
  }
}

const marginsOf = ({ intents }: Trained, vector: Vector): { intent: string; margin: number }[] =>
  intents
    .map(({ intent, separator }) => ({ intent, margin: marginOf(separator, vector) }))
    .toSorted((a, b) => b.margin - a.margin)
