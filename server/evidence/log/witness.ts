import type { Kysely } from 'kysely'
import { cosignatureVerifier } from '../../../proof/cosignature.ts'
import { LogError } from '../../../proof/log-error.ts'
import { consistencyProof } from '../../../proof/merkle.ts'
import {
  decodeNumber,
  openNote,
  parseNote,
  parseVkey,
  signatureLine,
  type SignatureLine,
  type Verifier,
} from '../../../proof/note.ts'
import { messageOf, Problem } from '../../platform/problem.ts'
import type { EvidenceTables } from '../store.ts'
import type { SignedCheckpoint } from './sign.ts'
import { storedNodes } from './tiles.ts'

/** `url` is the submission prefix, `vkey` the public key it cosigns with (type 0x04). */
export type WitnessSettings = { url: string; vkey: string }

/** A witness, seen from here (c2sp.org/tlog-witness). */
export type Witness = {
  name: string
  /** Has a checkpoint cosigned and stores what is valid of the answer. Throws Problem `witness_…`. */
  cosign(checkpoint: SignedCheckpoint): Promise<void>
}

const maxReplyBytes = 65_536

/** Throws Problem `config_invalid` when the public key is not one of a witness. */
export function createWitness(
  settings: WitnessSettings,
  deps: { db: Kysely<EvidenceTables>; timeoutMs: number },
): Witness {
  const verifier = readKey(settings)
  const address = `${settings.url.replace(/\/$/, '')}/add-checkpoint`
  /** What it has seen of each log; unknown at first, when its answer tells. */
  const seen = new Map<string, number>()

  async function ask(checkpoint: SignedCheckpoint): Promise<string> {
    const { origin, size } = checkpoint
    for (const last of [false, true]) {
      const old = seen.get(origin) ?? 0
      const body = await requestBody(deps.db, checkpoint, old)
      const { status, text } = await post(address, body, deps.timeoutMs)
      if (status === 200) return text
      if (status !== 409 || last) throw refused(status)
      const told = decodeSize(text)
      if (told > size) throw new Problem('witness_ahead', 502, `The witness has seen ${told} entries, we have ${size}.`)
      if (told === old) throw new Problem('witness_conflict', 502, 'The witness has seen another history of this log.')
      seen.set(origin, told)
    }
    throw refused(409)
  }

  return {
    name: verifier.key.name,
    async cosign(checkpoint) {
      const line = validLine(checkpoint, await ask(checkpoint), verifier)
      seen.set(checkpoint.origin, checkpoint.size)
      await storeCosignature(deps.db, checkpoint, line)
    },
  }
}

function readKey({ url, vkey }: WitnessSettings): Verifier {
  try {
    return cosignatureVerifier(parseVkey(vkey))
  } catch (e) {
    if (!(e instanceof LogError)) throw e
    throw new Problem(
      'config_invalid',
      500,
      `Configuration: evidence.witnesses: the vkey of ${url} is wrong: ${e.message}.`,
    )
  }
}

/** "add-checkpoint": old size, consistency proof, empty line, checkpoint. */
async function requestBody(db: Kysely<EvidenceTables>, checkpoint: SignedCheckpoint, old: number): Promise<string> {
  const { id } = await db
    .selectFrom('log')
    .select('id')
    .where('origin', '=', checkpoint.origin)
    .executeTakeFirstOrThrow()
  const hashes = await consistencyProof(storedNodes(db, id, checkpoint.size), old, checkpoint.size)
  const lines = hashes.map((hash) => `${hash.toString('base64')}\n`).join('')
  return `old ${old}\n${lines}\n${checkpoint.text}`
}

async function post(address: string, body: string, timeoutMs: number): Promise<{ status: number; text: string }> {
  try {
    const signal = AbortSignal.timeout(timeoutMs)
    const response = await fetch(address, { method: 'POST', body, redirect: 'error', signal })
    const pieces: Uint8Array[] = []
    let bytes = 0
    for await (const piece of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += piece.length
      if (bytes > maxReplyBytes) throw new Error('the answer is too long')
      pieces.push(piece)
    }
    return { status: response.status, text: Buffer.concat(pieces).toString('utf8') }
  } catch (e) {
    throw new Problem('witness_unreachable', 502, `The witness does not answer (${messageOf(e)}).`)
  }
}

const refused = (status: number): Problem =>
  new Problem('witness_refused', 502, `The witness refused the checkpoint (HTTP ${status}).`, { status })

/** Body of a 409: a size and a newline (`text/x.tlog.size`). */
function decodeSize(text: string): number {
  try {
    return decodeNumber(text.replace(/\n$/, ''))
  } catch {
    throw refused(409)
  }
}

/** The witness's own signature line out of an answer, verified over our checkpoint. */
function validLine(checkpoint: SignedCheckpoint, answer: string, verifier: Verifier): string {
  try {
    openNote(checkpoint.text + answer, [verifier])
    const own = parseNote(checkpoint.text + answer).signatures.find((line) => isBy(line, verifier))
    if (own) return signatureLine(verifier.key, own.signature)
  } catch (e) {
    if (!(e instanceof LogError)) throw e
  }
  throw new Problem('witness_refused', 502, 'The answer of the witness holds no valid cosignature.')
}

const isBy = (line: SignatureLine, { key }: Verifier): boolean => line.name === key.name && line.id.equals(key.id)

/** Adds the line unless the witness has signed this checkpoint before. */
async function storeCosignature(db: Kysely<EvidenceTables>, checkpoint: SignedCheckpoint, line: string): Promise<void> {
  const signer = line.slice(0, line.lastIndexOf(' ') + 1)
  await db
    .updateTable('checkpoint')
    .set((row) => ({ cosignatures: row(row.ref('cosignatures'), '||', row.val(line)) }))
    .where('origin', '=', checkpoint.origin)
    .where('size', '=', checkpoint.size)
    .where('cosignatures', 'not like', `%${signer.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`)
    .execute()
}
