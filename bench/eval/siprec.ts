import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { startServer, type RunningServer } from '../../server/capture/protocols/siprec/testkit/running.ts'
import { SipRefusal, type SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'

type SiprecLeg = { label: string; codec: string; held: boolean; heard: string | undefined }

/** What became of one captured body, sent as an INVITE to a real recording server. */
export type SiprecVerdict = {
  file: string
  /** Line ends on the wire. */
  lineEnds: 'CRLF' | 'LF'
  status: number
  /** Whether the answer has as many lines as the offer, each with its label. */
  faithful: boolean
  legs: SiprecLeg[]
  parties: (string | undefined)[]
  direction: string | undefined
  conversationKey: string | undefined
  /** Whether the desk got the metadata byte for byte. */
  rawKept: boolean
}

/**
 * Sends every captured body in `dir` (`*.txt`, as published with bare line feeds) to a recording server, once with the line
 * ends of the wire and once as stored, and tells what was understood.
 */
export async function evalSiprec(dir: string): Promise<SiprecVerdict[]> {
  const files = readdirSync(dir)
    .filter((name) => name.endsWith('.txt'))
    .toSorted()
  const server = await startServer()
  try {
    const verdicts: SiprecVerdict[] = []
    for (const file of files) {
      const text = readFileSync(join(dir, file), 'latin1').replaceAll('\r\n', '\n')
      for (const lineEnds of ['CRLF', 'LF'] as const) {
        const body = lineEnds === 'CRLF' ? text.replaceAll('\n', '\r\n') : text
        verdicts.push({ file, lineEnds, ...(await judge(server, body)) })
      }
    }
    return verdicts
  } finally {
    await server.stop()
  }
}

async function judge(server: RunningServer, content: string): Promise<Omit<SiprecVerdict, 'file' | 'lineEnds'>> {
  const src = await server.simulator('tcp')
  const before = server.desk.calls.length
  const { status, answer } = await invite(src, content)
  const call = server.desk.calls[before]
  const sections = (sdp: string): string[] => sdp.split(/^(?=m=)/m).slice(1)
  const offered = sections(/^v=0[^]*?(?=\r?\n\r?\n|$(?![^]))/m.exec(content)?.[0] ?? '')
  const label = (section: string | undefined): string | undefined => /^a=label:(.*?)\r?$/m.exec(section ?? '')?.[1]
  const answers = sections(answer)
  const raw = call?.announcement.raw?.bytes.toString('latin1')
  return {
    status,
    faithful: answers.length === offered.length && offered.every((section, i) => label(section) === label(answers[i])),
    legs: [...(call?.legs ?? [])].map(([name, leg]) => ({
      label: name,
      codec: leg.facts.format.codec,
      held: leg.holds.at(-1) ?? false,
      heard: leg.facts.address,
    })),
    parties: call?.announcement.parties?.map(({ address }) => address) ?? [],
    direction: call?.announcement.direction,
    conversationKey: call?.announcement.conversationKey,
    rawKept: raw === undefined ? !/<(\w+:)?recording/.test(content) : content.includes(raw),
  }
}

async function invite(src: SrcSimulator, content: string): Promise<{ status: number; answer: string }> {
  const boundary = /^--(\S+)/m.exec(content)?.[1]
  const type = boundary === undefined ? 'application/sdp' : `multipart/mixed;boundary=${boundary}`
  const call = await src.prepare({ legs: [] })
  try {
    const ok = await call.request('INVITE', { type, content })
    return { status: ok.status, answer: ok.body }
  } catch (e) {
    if (!(e instanceof SipRefusal)) throw e
    return { status: e.response.status, answer: '' }
  }
}
