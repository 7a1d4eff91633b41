import multipart from '@fastify/multipart'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Handlers } from '../../platform/http/handlers.ts'
import { Problem } from '../../platform/problem.ts'
import { parseFacts, type Intake } from './intake.ts'

type UploadKeys =
  | 'POST /calls'
  | 'POST /uploads'
  | 'HEAD /uploads/:uploadId'
  | 'PATCH /uploads/:uploadId'
  | 'DELETE /uploads/:uploadId'
  | 'GET /uploads/:uploadId'

const tus = '1.0.0'
const factsLimit = 64 << 10

/** Lets raw routes read multipart bodies. Called once on the scope that serves them. */
export async function acceptMultipart(scope: FastifyInstance, maxBytes: number): Promise<void> {
  await scope.register(multipart, { limits: { fileSize: maxBytes, files: 1, fields: 10, fieldSize: factsLimit } })
}

/** Plain multipart uploads, and resumable ones by the tus protocol (https://tus.io/protocols/resumable-upload, 1.0.0: core, creation, termination). */
export function uploadRoutes(intake: Intake, maxBytes: number): Handlers<UploadKeys> {
  return {
    'POST /calls': async ({ actor, request, reply }) => {
      if (!request.isMultipart())
        throw new Problem(
          'multipart_expected',
          415,
          'Send multipart/form-data with a file part `audio` and a JSON part `facts`.',
        )
      void reply.status(201)
      return { upload: await receiveMultipart(intake, request, actor) }
    },

    'POST /uploads': async ({ actor, request, reply }) => {
      const size = Number(request.headers['upload-length'])
      if (!Number.isSafeInteger(size) || size < 1)
        throw new Problem('upload_length', 400, 'The Upload-Length header must give the file’s size in bytes.')
      const metadata = readMetadata(String(request.headers['upload-metadata'] ?? ''))
      const state = await intake.begin(actor, size, metadata.facts)
      return reply
        .status(201)
        .headers({ 'tus-resumable': tus, location: `/api/v1/uploads/${state.id}` })
        .send()
    },

    'HEAD /uploads/:uploadId': async ({ actor, params: { uploadId }, reply }) => {
      const { offset, size } = await intake.offset(actor, uploadId)
      return reply
        .headers({
          'tus-resumable': tus,
          'upload-offset': String(offset),
          'upload-length': String(size),
          'tus-max-size': String(maxBytes),
        })
        .send()
    },

    'PATCH /uploads/:uploadId': async ({ actor, params: { uploadId }, request, reply }) => {
      if (request.headers['content-type'] !== 'application/offset+octet-stream')
        throw new Problem('media_type', 415, 'PATCH takes application/offset+octet-stream.')
      const offset = Number(request.headers['upload-offset'])
      if (!Number.isSafeInteger(offset) || offset < 0)
        throw new Problem('upload_offset_header', 400, 'The Upload-Offset header is missing.')
      const done = await intake.write(actor, uploadId, offset, request.raw)
      return reply
        .status(204)
        .headers({ 'tus-resumable': tus, 'upload-offset': String(done.offset) })
        .send()
    },

    'DELETE /uploads/:uploadId': async ({ actor, params: { uploadId }, reply }) => {
      await intake.abandon(actor, uploadId)
      return reply.status(204).headers({ 'tus-resumable': tus }).send()
    },

    'GET /uploads/:uploadId': ({ actor, params: { uploadId } }) => intake.state(actor, uploadId),
  }
}

/** Reads the form's parts in whatever order they come: `facts` may follow the file. */
async function receiveMultipart(intake: Intake, request: FastifyRequest, actor: Parameters<Intake['begin']>[0]) {
  const parts = request.parts()[Symbol.asyncIterator]()
  let facts: Record<string, unknown> = {}
  const next = async () => {
    for (let step = await parts.next(); !step.done; step = await parts.next()) {
      const part = step.value
      if (part.type === 'file') return part
      if (part.fieldname === 'facts') facts = parseJson(String(part.value))
    }
    return null
  }
  const audio = await next()
  if (!audio) throw new Problem('audio_missing', 400, 'The form has no file part `audio`.')
  const named = audio.filename ? { fileName: audio.filename } : {}
  return intake.receiveWhole(actor, audio.file, async () => {
    if (audio.file.truncated) throw new Problem('upload_too_large', 413, 'The file is larger than accepted.')
    await next()
    return { ...named, ...facts }
  })
}

function parseJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>
  } catch {
    throw new Problem('facts_not_valid', 400, 'The part `facts` is not JSON.', { field: 'facts' })
  }
}

/** `Upload-Metadata: name base64, …` (tus §Creation). `facts` is JSON; `filename` is taken over. */
function readMetadata(header: string): { facts: unknown } {
  const pairs = new Map(
    header
      .split(',')
      .map((pair) => pair.trim().split(' '))
      .filter(([name]) => name)
      .map(([name = '', value = '']) => [name, Buffer.from(value, 'base64').toString('utf8')]),
  )
  const given = pairs.has('facts') ? parseJson(pairs.get('facts') ?? '{}') : {}
  const fileName = pairs.get('filename')
  return { facts: parseFacts({ ...(fileName && { fileName }), ...given }) }
}
