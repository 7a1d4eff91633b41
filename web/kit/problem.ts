import { ApiProblem } from '../api.ts'
import { textOf, type T } from '../i18n.ts'

/** What a problem says in the person's language: by code, else a general sentence with the server's own detail. */
export const problemText = (problem: unknown, t: T): string => {
  if (!(problem instanceof ApiProblem)) return t('problems.unexpected', { detail: String(problem) })
  const known = textOf(t, `problems.${problem.code}`, { ...problem.params, detail: problem.message })
  return known ?? t('problems.unexpected', { detail: problem.message })
}

/** A word beside the field the server refused; `undefined` when it did not. */
export const fieldProblem = (problem: ApiProblem | null, path: string, t: T): string | undefined => {
  const named = problem?.fields.some((field) => field.path === path || field.path.startsWith(`${path}.`))
  return named ? t('common.checkField') : undefined
}
