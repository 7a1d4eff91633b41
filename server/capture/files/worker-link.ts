import { Problem } from '../../platform/problem.ts'
import type { Reply, Request } from './decode-worker.ts'
import type { DecoderSetup } from './decoders.ts'
import { bomb, damaged, stalled } from './problems.ts'
import { startWorker } from './start-worker.ts'
import type { AudioLimits } from './types.ts'

export type WorkerReply = { lanes: Buffer[]; samples: number; errors: number }

/** One decoding worker for one file. One request at a time. */
export type WorkerLink = {
  /** @throws Problem `audio_damaged` (the decoder failed), `audio_bomb` (out of memory), `audio_decode_stalled` */
  decode(units: Uint8Array[]): Promise<WorkerReply>
  end(): Promise<WorkerReply>
  close(): Promise<void>
}

type Waiting = { resolve(reply: WorkerReply): void; reject(e: Error): void; timer: NodeJS.Timeout }

export function openWorker(
  setup: DecoderSetup & { fromRate: number; toRate: number },
  limits: Pick<AudioLimits, 'workerHeapMb' | 'stallMs'>,
): WorkerLink {
  const worker = startWorker(import.meta.url, 'decode-worker', { data: setup, heapMb: limits.workerHeapMb })
  let waiting: Waiting | null = null
  let dead: Error | null = null

  const settle = (result: WorkerReply | Error): void => {
    const now = waiting
    waiting = null
    if (!now) return
    clearTimeout(now.timer)
    if (result instanceof Error) now.reject(result)
    else now.resolve(result)
  }
  const die = (problem: Error): void => {
    dead ??= problem
    settle(dead)
    void worker.terminate()
  }
  worker.on('message', (reply: Reply) => {
    if ('failed' in reply) return die(damaged('the decoder could not read it'))
    settle({ ...reply, lanes: reply.lanes.map((lane) => Buffer.from(lane)) })
  })
  worker.on('error', (e: NodeJS.ErrnoException) => {
    if (e.code === 'ERR_WORKER_OUT_OF_MEMORY') die(bomb('decoding it needs too much memory'))
    else if (e.code?.startsWith('ERR_MODULE') || e.code === 'ERR_UNKNOWN_FILE_EXTENSION') die(brokenInstall())
    else die(damaged('the decoder stopped'))
  })
  worker.on('exit', () => die(damaged('the decoder stopped')))

  const ask = (request: Request, transfer: ArrayBuffer[]): Promise<WorkerReply> => {
    if (dead) return Promise.reject(dead)
    if (waiting) return Promise.reject(new Error('one request at a time'))
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => die(stalled(Math.round(limits.stallMs / 1000))), limits.stallMs)
      waiting = { resolve, reject, timer }
      worker.postMessage(request, transfer)
    })
  }
  return {
    decode(units) {
      const lengths = units.map((u) => u.length)
      const bytes = new Uint8Array(lengths.reduce((a, b) => a + b, 0))
      let at = 0
      for (const unit of units) {
        bytes.set(unit, at)
        at += unit.length
      }
      return ask({ bytes: bytes.buffer, lengths }, [bytes.buffer])
    },
    end: () => ask({ end: true }, []),
    async close() {
      dead ??= new Error('closed')
      settle(dead)
      await worker.terminate()
    },
  }
}

const brokenInstall = (): Problem =>
  new Problem('audio_decoder_missing', 500, 'The audio decoder could not be loaded: run npm ci again.')
