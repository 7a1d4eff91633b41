import { COSIGNATURE, verifierOf } from './cosignature.ts'
import { malformed } from './log-error.ts'
import { decodeNumber, decodeText, ED25519, type Signed, type Verifier } from './note.ts'

/*
 * c2sp.org/tlog-policy: whose signatures make a checkpoint believable. One item per line:
 *   log <vkey> [<url>] · witness <name> <vkey> [<url>] · group <name> all|any|<k> <name>… · quorum <name>|none
 */

export type Policy = {
  logs: Verifier[]
  witnesses: Verifier[]
  /** Whether valid signatures over one checkpoint are enough of the witnesses. */
  hasQuorum(signed: readonly Signed[]): boolean
}

type Rule = (signed: readonly Signed[]) => boolean
type Draft = {
  logs: Verifier[]
  witnesses: Verifier[]
  rules: Map<string, Rule>
  inGroup: Set<string>
  quorum: Rule | null
}

/** Reads a policy file, in UTF-8. Throws LogError `malformed` with the line's number, `weak_key`. */
export function parsePolicy(text: string): Policy {
  const draft: Draft = { logs: [], witnesses: [], rules: new Map(), inGroup: new Set(), quorum: null }
  const lines = decodeText(text.replaceAll('\t', ' ')).split('\n')
  for (const [at, line] of lines.entries()) {
    const [word = '', ...items] = line.split(' ').filter((item) => item !== '')
    if (word === '' || word.startsWith('#')) continue
    const read = readers[word]
    if (!read) throw malformed(`line ${at + 1} of the policy begins with an unknown word`)
    read(draft, items, `line ${at + 1} of the policy`)
  }
  if (!draft.quorum) throw malformed('the policy has no quorum line')
  return { logs: draft.logs, witnesses: draft.witnesses, hasQuorum: draft.quorum }
}

const readers: Record<string, (draft: Draft, items: string[], place: string) => void> = {
  log(draft, [vkey = '', , ...more], place) {
    const verifier = verifierOf(vkey)
    if (more.length > 0 || verifier.key.type !== ED25519) throw malformed(`${place} is not a log`)
    addOnce(draft.logs, verifier, place)
  },
  witness(draft, [name = '', vkey = '', , ...more], place) {
    const verifier = verifierOf(vkey)
    if (more.length > 0 || verifier.key.type !== COSIGNATURE) throw malformed(`${place} is not a witness`)
    addOnce(draft.witnesses, verifier, place)
    define(
      draft,
      name,
      (signed) => signed.some(({ key }) => key.id.equals(verifier.key.id) && key.name === verifier.key.name),
      place,
    )
  },
  group(draft, [name = '', threshold = '', ...members], place) {
    const rules = members.map((member) => {
      const rule = draft.rules.get(member)
      if (!rule || draft.inGroup.has(member)) throw malformed(`${place} names something unknown, or of another group`)
      draft.inGroup.add(member)
      return rule
    })
    const least = threshold === 'all' ? rules.length : threshold === 'any' ? 1 : decodeNumber(threshold)
    if (least < 1 || least > rules.length) throw malformed(`${place} has too few members`)
    define(draft, name, (signed) => rules.filter((rule) => rule(signed)).length >= least, place)
  },
  quorum(draft, [name = '', ...more], place) {
    const rule = name === 'none' ? () => true : draft.rules.get(name)
    if (!rule || draft.quorum || more.length > 0) throw malformed(`${place} is not the one quorum of known names`)
    draft.quorum = rule
  },
}

function addOnce(list: Verifier[], verifier: Verifier, place: string): void {
  if (list.some(({ key }) => key.publicKey.equals(verifier.key.publicKey))) throw malformed(`${place} repeats a key`)
  list.push(verifier)
}

function define(draft: Draft, name: string, rule: Rule, place: string): void {
  if (name === '' || name === 'none' || draft.rules.has(name)) throw malformed(`${place} defines a name twice`)
  draft.rules.set(name, rule)
}
