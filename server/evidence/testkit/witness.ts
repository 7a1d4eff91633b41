import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { openCheckpoint } from '../../../proof/checkpoint.ts'
import { COSIGNATURE, cosign } from '../../../proof/cosignature.ts'
import { verifyConsistency } from '../../../proof/merkle.ts'
import { encodeVkey, noteKey, noteVerifier, parseVkey, rawPublicKey } from '../../../proof/note.ts'

/** How the witness answers. `honest` follows c2sp.org/tlog-witness. */
export type WitnessBehaviour = 'honest' | 'down' | 'slow' | 'garbage' | 'endless' | 'other-key' | 'ahead'

export type TestWitness = {
  url: string
  vkey: string
  /** Public keys of the logs it knows. */
  know(vkey: string): void
  behave(behaviour: WitnessBehaviour): void
  /** Statuses answered so far, and the bodies asked with. */
  answers: number[]
  bodies: string[]
  /** What it has seen of a log, as after a loss of its memory. */
  forget(): void
  stop(): Promise<void>
}

type State = { size: number; root: Buffer }

/** A small witness on a port of its own. */
export async function startWitness(name = 'witness.example/w1'): Promise<TestWitness> {
  const { privateKey } = generateKeyPairSync('ed25519')
  const other = generateKeyPairSync('ed25519').privateKey
  const logs: string[] = []
  const seen = new Map<string, State>()
  const answers: number[] = []
  const bodies: string[] = []
  let behaviour: WitnessBehaviour = 'honest'

  /** "add-checkpoint" of c2sp.org/tlog-witness. */
  function judge(body: string): [status: number, text: string] {
    const border = body.indexOf('\n\n')
    const [first = '', ...lines] = body.slice(0, border).split('\n')
    const old = Number(/^old (0|[1-9]\d*)$/.exec(first)?.[1] ?? Number.NaN)
    const verifiers = logs.map((vkey) => noteVerifier(parseVkey(vkey)))
    const { checkpoint, text } = openCheckpoint(body.slice(border + 2), verifiers)
    const known = seen.get(checkpoint.origin) ?? { size: 0, root: Buffer.alloc(0) }
    if (!(old <= checkpoint.size)) return [400, '']
    if (behaviour === 'ahead') return [409, `${checkpoint.size + 1000}\n`]
    if (old !== known.size) return [409, `${known.size}\n`]
    const proof = lines.map((line) => Buffer.from(line, 'base64'))
    if (old === 0 ? proof.length > 0 : !consistent(known, checkpoint, proof)) return [422, '']
    seen.set(checkpoint.origin, checkpoint)
    return [200, cosign(text, name, { key: behaviour === 'other-key' ? other : privateKey, time: 1_780_000_000 })]
  }

  function answer(body: string, response: ServerResponse): void {
    const [status, text] = behaviour === 'garbage' ? ([200, 'well done\n'] as const) : judge(body)
    answers.push(status)
    response.writeHead(status, status === 409 ? { 'content-type': 'text/x.tlog.size' } : {}).end(text)
  }

  const server: Server = createServer((request, response) => {
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => pieces.push(piece))
    request.on('end', () => {
      const body = Buffer.concat(pieces).toString('utf8')
      bodies.push(body)
      if (behaviour === 'slow') return
      if (behaviour === 'down') response.destroy()
      else if (behaviour === 'endless') response.writeHead(200).end('x'.repeat(100_000))
      else if (request.method === 'POST' && request.url === '/w/add-checkpoint') answer(body, response)
      else response.writeHead(404).end()
    })
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}/w/`,
    vkey: encodeVkey(noteKey(name, COSIGNATURE, rawPublicKey(privateKey))),
    know: (vkey) => void logs.push(vkey),
    behave: (next) => void (behaviour = next),
    answers,
    bodies,
    forget: () => seen.clear(),
    stop: () =>
      new Promise((done) => {
        server.close(() => done())
        server.closeAllConnections()
      }),
  }
}

function consistent(older: State, newer: State, proof: Buffer[]): boolean {
  try {
    verifyConsistency(older, newer, proof)
    return true
  } catch {
    return false
  }
}
