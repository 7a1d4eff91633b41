import { ApiProblem } from '../api.ts'
import { textOf, type T } from '../i18n.ts'

/** What a problem says in the person's language: by code, else a general sentence with the server's own detail. */
export const problemText = (problem: unknown, t: T): string => {
  if (!(problem instanceof ApiProblem)) return t('problems.unexpected', { detail: String(problem) })
  const known = textOf(t, `problems.${problem.code}`, { ...problem.params, detail: problem.message })
  return known ?? t('problems.unexpected', { detail: problem.message })
}

/** What the server said about one field of a form. */
export const fieldProblem = (problem: ApiProblem | null, path: string): string | undefined =>
  problem?.fields.find((field) => field.path === path || field.path === `body.${path}`)?.message
