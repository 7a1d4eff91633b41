import type { StreamReader } from '../../vault/index.ts'

/** A stored lane's header, then its samples. */
export async function* headed(head: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield head
  yield* rest
}

/** A whole stream, a piece at a time. */
export async function* bytesOf(reader: StreamReader): AsyncGenerator<Buffer> {
  const step = 1 << 18
  for (let at = 0; at < reader.size; at += step) yield await reader.read(at, Math.min(reader.size, at + step))
}
