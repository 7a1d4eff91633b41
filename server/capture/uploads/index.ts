import type { FastifyInstance } from 'fastify'
import type { UploadFacts } from '../../../contract/models/calls.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem, Problem } from '../../platform/problem.ts'
import { type DecodeDeps, decodeUpload } from './decode.ts'
import { createIntake, type UploadDeps } from './intake.ts'
import { acceptMultipart, uploadRoutes } from './routes.ts'

type Deps = Omit<DecodeDeps, 'onProgress'> &
  Pick<UploadDeps, 'maxBytes' | 'enqueueDecode' | 'changed'> & { log: Logger }

/** Files recorded elsewhere: received in pieces, encrypted, decoded in the background, refused without a trace. */
export function createUploads(deps: Deps) {
  const intake = createIntake({ ...deps, admit: (callId, facts) => void deps.decide(callId, facts, 'upload') })

  /** Works off one upload. A file that is refused leaves nothing; a passing fault is tried again by the queue. */
  async function decode(uploadId: string): Promise<void> {
    const row = await deps.db
      .selectFrom('upload')
      .selectAll()
      .where('id', '=', uploadId)
      .where('state', '=', 'decoding')
      .executeTakeFirst()
    if (!row) return
    const facts = JSON.parse(deps.vault.box.open('upload.facts', row.facts).toString('utf8')) as UploadFacts
    const show = (): void => deps.changed(intake.stateOf(row as never), row.person_id)
    try {
      await decodeUpload(
        { ...deps, onProgress: (id, share) => (intake.progress.set(id, share), show()) },
        { id: uploadId, callId: row.call_id, renditionId: row.rendition_id, facts },
      )
      deps.changed(intake.stateOf({ ...row, state: 'done', problem: null } as never), row.person_id)
    } catch (error) {
      if (!isProblem(error) || error.status >= 500) throw error
      deps.log.info({ uploadId, code: error.code }, 'an uploaded file was refused')
      await intake.refuse(uploadId, error)
    } finally {
      intake.progress.delete(uploadId)
    }
  }

  return {
    intake,
    decode,
    routes: uploadRoutes(intake, deps.maxBytes),
    acceptMultipart: (scope: FastifyInstance) => acceptMultipart(scope, deps.maxBytes),
    /** After a restart: multipart bodies that were under way can never continue; resumable ones wait for their sender. */
    async takeUp(): Promise<void> {
      const whole = await deps.db
        .selectFrom('upload')
        .select('id')
        .where('state', '=', 'receiving')
        .where('size', '=', deps.maxBytes)
        .execute()
      for (const { id } of whole)
        await intake.refuse(
          id,
          new Problem('upload_interrupted', 410, 'The server stopped while the file arrived. Send it again.'),
        )
    },
  }
}
