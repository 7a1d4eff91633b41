import type { KeyObject } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'
import { isProblem } from '../../platform/problem.ts'
import { parseVcon } from './import.ts'
import { optionsOf } from './read.ts'
import type { ImportedVcon, VconLimits } from './types.ts'

/** Parses one vCon away from the process that records calls. Started by `read.ts`. */

export type VconRequest = {
  bytes: Uint8Array
  limits: VconLimits
  now: number
  decrypt: KeyObject[]
  anchors: Uint8Array[]
  content: [string, Uint8Array][]
}

type Failure = { code: string; status: number; detail: string; params: Record<string, string | number> }
export type VconReply = { vcon: ImportedVcon } | { problem: Failure }

async function run(request: VconRequest): Promise<VconReply> {
  try {
    const { bytes } = request
    const vcon = await parseVcon(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), optionsOf(request))
    // The caller has the raw bytes already.
    return { vcon: { ...vcon, raw: Buffer.alloc(0) } }
  } catch (e) {
    if (!isProblem(e)) throw e
    return { problem: { code: e.code, status: e.status, detail: e.message, params: e.params } }
  }
}

const reply = await run(workerData as VconRequest)
parentPort!.postMessage(reply)
