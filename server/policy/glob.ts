const folded = (text: string): string => text.normalize('NFC').toLowerCase()

/**
 * Whether `text` fits `pattern`, in which `*` stands for any run of characters; letter case does not matter.
 * At most pattern × text steps: no pattern can be made slow (a regular expression could).
 */
export function globMatches(pattern: string, text: string): boolean {
  const p = folded(pattern)
  const t = folded(text)
  let pi = 0
  let ti = 0
  let star = -1
  let retry = 0
  while (ti < t.length) {
    if (p[pi] === '*') {
      star = pi++
      retry = ti
    } else if (p[pi] === t[ti]) {
      pi++
      ti++
    } else if (star >= 0) {
      pi = star + 1
      ti = ++retry
    } else return false
  }
  while (p[pi] === '*') pi++
  return pi === p.length
}
