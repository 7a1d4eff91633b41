import type { Clock } from '../../../platform/clock.ts'
import type { Logger } from '../../../platform/log.ts'
import type { CallIntake, LegFacts, LegIntake } from '../../source.ts'
import type { PortPair, PortPool } from './rtp/ports.ts'
import { addCounts, legPayloads, MediaReceiver, noCounts, type MediaCounts, type MediaTerms } from './rtp/receiver.ts'
import { SrtpReceiver } from './rtp/srtp.ts'
import { audioFormats, type AcceptedLine, type AnswerLine, type LineChoice } from './sdp/answer.ts'
import { answerCrypto } from './sdp/crypto-line.ts'
import { utf8 } from './sip/message.ts'

/** One m-line being recorded: its ports, its way to the recorder, and our side of its keys. */
type Line = {
  index: number
  choice: AcceptedLine
  ports: PortPair
  receiver: MediaReceiver
  intake: LegIntake | null
  crypto: string | null
  held: boolean
}

/** Who is heard on the line with a label, as far as the metadata tells. */
export type HeardOn = (label: string | null) => Pick<LegFacts, 'role' | 'address'>

/** An offer with sockets open for every line it needs, not yet in force. */
export type Prepared = { slots: { choice: LineChoice; line: Line | null }[]; opened: Line[] }

export type LineDeps = {
  pool: PortPool
  clock: Clock
  log: Logger
  /** Addresses media may come from beside the one its line names. */
  acceptable: (address: string) => boolean
}

/** The media lines of one session, renegotiated by every offer. */
export class MediaLines {
  #deps: LineDeps
  #slots: Prepared['slots'] = []
  #labels = new Set<string>()
  #closed = false
  #past = noCounts()

  constructor(deps: LineDeps) {
    this.#deps = deps
  }

  /** Opens sockets for lines the session does not have yet. Null when there are no ports left. */
  async prepare(choices: readonly LineChoice[]): Promise<Prepared | null> {
    const unmatched = new Set(this.#lines())
    const slots = choices.map((choice, index): Prepared['slots'][number] => {
      const line = choice.accepted ? matching([...unmatched], choice, index) : null
      if (line) unmatched.delete(line)
      return { choice, line }
    })
    const opened: Line[] = []
    for (const [index, slot] of slots.entries()) {
      if (!slot.choice.accepted || slot.line) continue
      const ports = await this.#deps.pool.open()
      if (!ports || this.#closed) {
        ports?.close('unused')
        for (const line of opened) line.ports.close('unused')
        return null
      }
      slot.line = this.#open(index, slot.choice, ports)
      opened.push(slot.line)
    }
    return { slots, opened }
  }

  discard(prepared: Prepared): void {
    for (const line of prepared.opened) line.ports.close('unused')
  }

  /** Puts a prepared offer in force: legs begin, end, change, are held and resumed. */
  commit(prepared: Prepared, call: CallIntake, heardOn: HeardOn): void {
    const before = this.#lines()
    this.#slots = prepared.slots
    const kept = new Set(this.#lines())
    for (const line of before) if (!kept.has(line)) this.#end(line)
    for (const [index, { choice, line }] of prepared.slots.entries()) {
      if (!line || !choice.accepted) continue
      line.index = index
      if (line.intake) this.#renegotiate(line, choice)
      else this.#begin(line, call, heardOn)
      this.#hold(line, choice.inactive)
    }
  }

  /** Our side of the session as it stands, for SDP. */
  answer(): AnswerLine[] {
    return this.#slots.map(({ choice, line }) =>
      choice.accepted && line
        ? { choice, port: line.ports.port, crypto: line.crypto }
        : { choice: { accepted: false, line: choice.line } },
    )
  }

  counts(): MediaCounts {
    const total = { ...this.#past }
    for (const line of this.#lines()) addCounts(total, line.receiver.counts)
    return total
  }

  /** Releases every port. Legs are ended by the call's own end. */
  close(): void {
    this.#closed = true
    for (const line of this.#lines()) {
      addCounts(this.#past, line.receiver.counts)
      line.ports.close()
    }
    this.#slots = []
  }

  #lines(): Line[] {
    return this.#slots.map((slot) => slot.line).filter((line) => line !== null)
  }

  #open(index: number, choice: AcceptedLine, ports: PortPair): Line {
    const { acceptable, log, clock } = this.#deps
    const receiver = new MediaReceiver(termsOf(choice), { acceptable, log })
    ports.rtp.on('message', (packet, from) => receiver.packet(packet, from, clock.monotonic()))
    const line: Line = { index, choice, ports, receiver, intake: null, crypto: null, held: false }
    this.#secure(line, choice)
    return line
  }

  #begin(line: Line, call: CallIntake, heardOn: HeardOn): void {
    const { label } = line.choice.line
    const name = this.#nameOf(line)
    line.intake = call.leg({
      label: name,
      ...heardOn(label === null ? null : utf8(label)),
      ...legPayloads(termsOf(line.choice)),
    })
    line.receiver.attach(line.intake, (key) => call.dtmf(name, key))
  }

  #renegotiate(line: Line, choice: AcceptedLine): void {
    if (choice.crypto?.text !== line.choice.crypto?.text) this.#secure(line, choice)
    line.choice = choice
    line.receiver.renegotiate(termsOf(choice))
  }

  #secure(line: Line, { crypto }: AcceptedLine): void {
    const srtp = crypto ? new SrtpReceiver(crypto.suite, crypto.keys, line.receiver.rolloverOf) : null
    line.receiver.protect(srtp, this.#deps.clock.monotonic())
    line.crypto = crypto ? answerCrypto(crypto) : null
  }

  #hold(line: Line, on: boolean): void {
    if (line.held === on) return
    line.held = on
    line.intake?.hold(on)
  }

  #end(line: Line): void {
    addCounts(this.#past, line.receiver.counts)
    line.ports.close()
    line.intake?.end()
  }

  /** The leg's name: its label, told apart when the source uses one twice or again. */
  #nameOf(line: Line): string {
    const base =
      utf8(line.choice.line.label ?? '')
        .trim()
        .slice(0, 100) || `line-${line.index + 1}`
    let name = base
    for (let n = 2; this.#labels.has(name); n++) name = `${base}~${n}`
    this.#labels.add(name)
    return name
  }
}

/** The line an offered one continues: the one with its label, else the unlabelled one at its place. */
function matching(lines: readonly Line[], choice: AcceptedLine, index: number): Line | null {
  const { label } = choice.line
  const sameLabel = lines.filter((line) => line.choice.line.label === label)
  return sameLabel.find((line) => line.index === index) ?? (label === null ? null : (sameLabel[0] ?? null))
}

function termsOf({ line, audio }: AcceptedLine): MediaTerms {
  return {
    audio,
    formats: audioFormats(line.payloads),
    dtmf: line.payloads.dtmf.map(({ pt }) => pt),
    cn: line.payloads.cn.map(({ pt }) => pt),
    named: line.address === null ? null : { address: line.address, port: line.port },
  }
}
