import { X509Certificate } from 'node:crypto'
import { Problem } from '../../platform/problem.ts'
import { startWorker } from '../files/start-worker.ts'
import { malformed, stalled, tooLarge } from './problems.ts'
import type { VconReply, VconRequest } from './read-worker.ts'
import { defaultVconLimits, type ImportedVcon, type VconOptions } from './types.ts'

/**
 * `parseVcon` in a worker thread: a vCon of a hundred megabytes takes seconds to parse, decode and verify, and the process
 * also records calls. Out of memory and out of time end the worker only.
 * @throws Problem as `parseVcon`, and `vcon_stalled`
 */
export async function readVcon(bytes: Buffer, options: VconOptions = {}): Promise<ImportedVcon> {
  const limits = { ...defaultVconLimits, ...options.limits }
  if (bytes.length > limits.maxBytes) throw tooLarge('bytes', limits.maxBytes)
  const request: VconRequest = {
    bytes,
    limits,
    now: options.now ?? Date.now(),
    decrypt: options.keys?.decrypt ?? [],
    anchors: (options.keys?.anchors ?? []).map((certificate) => certificate.raw),
    content: [...(options.content ?? [])],
  }
  const worker = startWorker(import.meta.url, 'read-worker', { data: request, heapMb: limits.heapMb })
  let timer: NodeJS.Timeout | undefined
  try {
    const reply = await new Promise<VconReply>((resolve, reject) => {
      timer = setTimeout(() => reject(stalled(Math.round(limits.timeoutMs / 1000))), limits.timeoutMs)
      worker.on('message', resolve)
      worker.on('error', (e) =>
        reject('code' in e && e.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooLarge('JSON', limits.maxValues) : e),
      )
      worker.on('exit', () => reject(malformed('it could not be read')))
    })
    if ('problem' in reply)
      throw new Problem(reply.problem.code, reply.problem.status, reply.problem.detail, reply.problem.params)
    const recordings = reply.vcon.recordings.map((recording) => ({ ...recording, media: asBuffer(recording.media) }))
    return { ...reply.vcon, recordings, raw: bytes }
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

/** Buffers arrive from another thread as plain arrays. */
const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)

/** The request as `parseVcon` takes it, inside the worker. */
export function optionsOf(request: VconRequest): VconOptions {
  return {
    limits: request.limits,
    now: request.now,
    keys: { decrypt: request.decrypt, anchors: request.anchors.map((raw) => new X509Certificate(asBuffer(raw))) },
    content: new Map(request.content.map(([url, bytes]) => [url, asBuffer(bytes)])),
  }
}
