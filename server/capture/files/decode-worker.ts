import { parentPort, workerData } from 'node:worker_threads'
import { openDecoder, type DecoderSetup } from './decoders.ts'
import { resampler, toL16 } from '../../platform/resample.ts'

/** Runs one decoder over one file, away from the process that records calls. Started by `worker-link.ts`. */

export type Request = { bytes: ArrayBuffer; lengths: number[] } | { end: true }

/** `samples` counts the decoder's output per channel at the source's rate. */
export type Reply = { lanes: ArrayBuffer[]; samples: number; errors: number } | { failed: string }

// Decoders write every broken frame to the console: nobody reads it there.
globalThis.console.error = () => {}

const setup = workerData as DecoderSetup & { fromRate: number; toRate: number }
const ready = openDecoder(setup)
const channels = Array.from({ length: setup.channels }, () => resampler(setup.fromRate, setup.toRate))

async function answer(request: Request): Promise<Reply> {
  const decoder = await ready
  const decoded =
    'end' in request
      ? await decoder.flush()
      : await decoder.decode(split(new Uint8Array(request.bytes), request.lengths))
  const lanes = channels.map((channel, c) => {
    const input = decoded.channels[c] ?? new Float32Array(0)
    const out = channel.push(input)
    return toL16('end' in request ? joined(out, channel.end()) : out).buffer
  })
  return { lanes, samples: decoded.channels[0]?.length ?? 0, errors: decoded.errors }
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const both = new Float32Array(a.length + b.length)
  both.set(a)
  both.set(b, a.length)
  return both
}

function split(bytes: Uint8Array, lengths: number[]): Uint8Array[] {
  let at = 0
  return lengths.map((length) => bytes.subarray(at, (at += length)))
}

parentPort!.on('message', (request: Request) => {
  answer(request).then(
    (reply) => parentPort!.postMessage(reply, 'lanes' in reply ? reply.lanes : []),
    (e: unknown) => parentPort!.postMessage({ failed: e instanceof Error ? e.message : String(e) } satisfies Reply),
  )
})
