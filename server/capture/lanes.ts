import { Problem } from '../platform/problem.ts'
import type { StreamReader } from '../vault/index.ts'
import type { LaneCodec } from './media/index.ts'

/** A stored lane: 16 bytes `VLN1`, u8 codec, 3 reserved, u32be rate, 4 reserved; then samples at that rate. */
export const laneHeaderBytes = 16
const magic = 'VLN1'
const codecs: readonly LaneCodec[] = ['PCMU', 'PCMA', 'L16']

export type LaneFormat = { codec: LaneCodec; rate: 8000 | 16000 }

export function encodeLaneHeader(format: LaneFormat): Buffer {
  const out = Buffer.alloc(laneHeaderBytes)
  out.write(magic, 'latin1')
  out[4] = codecs.indexOf(format.codec)
  out.writeUInt32BE(format.rate, 8)
  return out
}

/** Reads a lane's header. Throws Problem `lane_damaged`. */
export async function readLaneHeader(reader: StreamReader): Promise<LaneFormat> {
  const head = await reader.read(0, laneHeaderBytes)
  const codec = codecs[head[4] ?? 255]
  const rate = head.length >= 12 ? head.readUInt32BE(8) : 0
  if (head.toString('latin1', 0, 4) !== magic || !codec || (rate !== 8000 && rate !== 16000))
    throw new Problem('lane_damaged', 500, 'A stored lane has no readable header. Run `verbale doctor`.')
  return { codec, rate }
}
