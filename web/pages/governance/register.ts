import type { AgreementDraft } from '../../../contract/models/agreements.ts'
import { ApiProblem, base, guardHeader } from '../../api.ts'

/** Bytes a document may have at most; the server refuses more. */
export const maxDocument = 10 * 1024 ** 2

/** Sends an agreement with its document as a form of two parts. Throws `ApiProblem`. */
export async function registerAgreement(facts: AgreementDraft, document: File | null): Promise<void> {
  const body = new FormData()
  body.set('facts', JSON.stringify(facts))
  if (document) body.set('document', document)
  const answer = await fetch(`${base}/agreements`, { method: 'POST', headers: { ...guardHeader }, body }).catch(() => {
    throw new ApiProblem({ code: 'network', status: 0, detail: 'The server could not be reached.' })
  })
  if (answer.ok) return
  const unread = { code: 'unexpected', status: answer.status, detail: answer.statusText }
  const problem = (await answer.json().catch(() => unread)) as ConstructorParameters<typeof ApiProblem>[0]
  throw new ApiProblem(problem)
}
