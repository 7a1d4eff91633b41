import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AgreementDraft } from '../../../contract/models/agreements.ts'
import type { AgreementKind } from '../../../contract/models/retention.ts'
import { Problem } from '../../platform/problem.ts'

export type Document = { bytes: Buffer; mediaType: string; sha256: string }

/** Bytes a document may have at most. */
export const maxDocumentBytes = 10 * 1024 ** 2

/** The country a kind of document belongs to; the others are known everywhere. */
const countryOf: Partial<Record<AgreementKind, string>> = {
  it_union_agreement: 'IT',
  it_inspectorate: 'IT',
  fr_cse: 'FR',
  de_works_agreement: 'DE',
}

/**
 * The form of an agreement: `facts` (JSON) and at most one file `document`, in either order. Throws Problem
 * `multipart_expected` (415), `agreement_not_valid`, `agreement_kind_country`, `agreement_dates` (422),
 * `agreement_document_too_large` (413).
 */
export async function readForm(
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<{ draft: AgreementDraft; document: Document | null }> {
  if (!request.isMultipart())
    throw new Problem('multipart_expected', 415, 'Send multipart/form-data with `facts` (JSON) and a file `document`.')
  let facts: unknown = null
  let document: Document | null = null
  for await (const part of request.parts()) {
    if (part.type === 'file') document = await readDocument(part.file, part.mimetype, reply)
    else if (part.fieldname === 'facts') facts = part.value
  }
  return { draft: draftOf(String(facts)), document }
}

async function readDocument(
  file: AsyncIterable<Buffer>,
  mediaType: string,
  reply: FastifyReply,
): Promise<Document | null> {
  const parts: Buffer[] = []
  let size = 0
  for await (const part of file) {
    size += part.length
    if (size > maxDocumentBytes) {
      // the rest is not read: the connection ends with the answer
      void reply.header('connection', 'close')
      throw new Problem('agreement_document_too_large', 413, `A document may have at most ${maxDocumentBytes} bytes.`, {
        megabytes: maxDocumentBytes / 1024 ** 2,
      })
    }
    parts.push(part)
  }
  if (size === 0) return null
  const bytes = Buffer.concat(parts)
  const known = /^[\w.+-]{1,60}\/[\w.+-]{1,80}$/.test(mediaType)
  return {
    bytes,
    mediaType: known ? mediaType : 'application/octet-stream',
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }
}

/** The facts of a form, checked. Throws as `readForm`. */
export function draftOf(text: string): AgreementDraft {
  const parsed = AgreementDraft.safeParse(jsonOf(text))
  if (!parsed.success) {
    const field = parsed.error.issues[0]?.path.join('.') ?? ''
    throw new Problem('agreement_not_valid', 422, `The facts of the agreement are not valid: ${field || 'facts'}.`, {
      field,
    })
  }
  const draft = parsed.data
  const country = countryOf[draft.kind]
  if (country && country !== draft.country)
    throw new Problem('agreement_kind_country', 422, `A document of this kind belongs to ${country}.`, { country })
  if (draft.validTo !== null && draft.validTo < draft.validFrom)
    throw new Problem('agreement_dates', 422, 'The agreement ends before it begins.')
  return { ...draft, features: [...new Set(draft.features)], teams: [...new Set(draft.teams)] }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
