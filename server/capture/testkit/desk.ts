import type { SourceCaption } from '../../../contract/models/captions.ts'
import type {
  AnnounceResult,
  Announcement,
  CallFacts,
  CallIntake,
  Desk,
  EndReason,
  LegFacts,
  LegIntake,
  SourceCommands,
} from '../source.ts'

export type RecordedFrame = { payload: Buffer; arrivalNs: bigint; position: number | undefined }

export type RecordedLeg = {
  facts: LegFacts
  /** Frames, and the payloads of RTP packets, in the order of arrival. */
  frames: RecordedFrame[]
  /** Whole RTP packets as handed over. */
  packets: Buffer[]
  changes: Pick<LegFacts, 'format' | 'dtmfPayloadTypes' | 'cnPayloadTypes'>[]
  lost: number[]
  holds: boolean[]
  ended: boolean
  /** Every payload byte, joined. */
  bytes(): Buffer
}

export type RecordedCall = {
  callId: string
  announcement: Announcement
  commands: SourceCommands
  legs: Map<string, RecordedLeg>
  updates: CallFacts[]
  /** What the source reported of its own pausing. */
  paused: boolean[]
  dtmf: { label: string; digit: string }[]
  captions: SourceCaption[]
  ended: EndReason | null
  leg(label: string): RecordedLeg
}

export type FakeDesk = Desk & {
  calls: RecordedCall[]
  refused: Announcement[]
  /** Breaches of the port by the adapter: frames after the end, two legs of one label, … Must stay empty. */
  faults: string[]
  /** Throws when there are faults. */
  check(): void
  /** Answers announcements from now on; null restores the ordinary behaviour (duplicates refused). */
  decide(rule: ((call: Announcement) => AnnounceResult | null) | null): void
  /** Resolves as soon as `condition` holds; checked after every event. Rejects with `what` after 10 s. */
  until(condition: () => boolean, what: string): Promise<void>
  /** The latest call with this session key, or the latest of all. Throws when there is none. */
  call(sessionKey?: string): RecordedCall
}

/** A desk that records everything an adapter announces and hands over. */
export function fakeDesk(): FakeDesk {
  const waiting = new Set<() => void>()
  const changed = (): void => waiting.forEach((check) => check())
  let rule: ((call: Announcement) => AnnounceResult | null) | null = null

  const desk: FakeDesk = {
    calls: [],
    refused: [],
    faults: [],
    check() {
      if (desk.faults.length > 0) throw new Error(`the adapter broke the port: ${desk.faults.join('; ')}`)
    },
    decide(next) {
      rule = next
    },
    announce(announcement, commands) {
      const result = rule?.(announcement) ?? ordinary(announcement, commands)
      if (!result.accepted) desk.refused.push(announcement)
      changed()
      return result
    },
    async until(condition, what) {
      if (condition()) return
      await new Promise<void>((resolve, reject) => {
        const timer = setTimeout(() => {
          waiting.delete(check)
          reject(new Error(`the desk waited in vain for: ${what}`))
        }, 10_000)
        const check = (): void => {
          if (!condition()) return
          waiting.delete(check)
          clearTimeout(timer)
          resolve()
        }
        waiting.add(check)
      })
    },
    call(sessionKey) {
      const found = desk.calls.findLast((c) => sessionKey === undefined || c.announcement.sessionKey === sessionKey)
      if (!found) throw new Error(`no call announced${sessionKey === undefined ? '' : ` for ${sessionKey}`}`)
      return found
    },
  }

  const ordinary = (announcement: Announcement, commands: SourceCommands): AnnounceResult => {
    const live = desk.calls.some((c) => c.ended === null && c.announcement.sessionKey === announcement.sessionKey)
    if (live) return { accepted: false, reason: 'duplicate', detail: 'this session is already being recorded' }
    const call = recordedCall(`call-${desk.calls.length + 1}`, announcement, commands)
    desk.calls.push(call)
    return { accepted: true, call: intakeOf(call, desk.faults, changed) }
  }
  return desk
}

function recordedCall(callId: string, announcement: Announcement, commands: SourceCommands): RecordedCall {
  const legs = new Map<string, RecordedLeg>()
  return {
    callId,
    announcement,
    commands,
    legs,
    updates: [],
    paused: [],
    dtmf: [],
    captions: [],
    ended: null,
    leg(label) {
      const leg = legs.get(label)
      if (!leg) throw new Error(`no leg ${label}; there are: ${[...legs.keys()].join(', ')}`)
      return leg
    },
  }
}

function intakeOf(call: RecordedCall, faults: string[], changed: () => void): CallIntake {
  const fault = (what: string): void => void faults.push(`${call.callId}: ${what}`)
  return {
    callId: call.callId,
    leg(facts) {
      if (call.legs.has(facts.label)) fault(`leg ${facts.label} opened twice`)
      if (call.ended) fault('leg opened after the end')
      const leg = recordedLeg(facts)
      call.legs.set(facts.label, leg)
      changed()
      return legIntake(leg, call, { fault, changed })
    },
    update(facts) {
      if (call.ended) return fault('update after the end')
      call.updates.push(facts)
      changed()
    },
    sourcePaused(on) {
      if (call.ended) return fault('sourcePaused after the end')
      call.paused.push(on)
      changed()
    },
    caption(said) {
      if (call.ended) fault('caption after the end')
      call.captions.push(said)
      changed()
      return true
    },
    dtmf(label, digit) {
      if (call.ended) return fault('dtmf after the end')
      call.dtmf.push({ label, digit })
      changed()
    },
    end(reason) {
      call.ended ??= reason
      changed()
    },
  }
}

function recordedLeg(facts: LegFacts): RecordedLeg {
  const frames: RecordedFrame[] = []
  const bytes = (): Buffer => Buffer.concat(frames.map((f) => f.payload))
  return { facts, frames, packets: [], changes: [], lost: [], holds: [], ended: false, bytes }
}

type Watch = { fault: (what: string) => void; changed: () => void }

function legIntake(leg: RecordedLeg, call: RecordedCall, { fault, changed }: Watch): LegIntake {
  const { label } = leg.facts
  const live = (what: string): boolean => {
    if (call.ended) fault(`${what} on ${label} after the end of the call`)
    return !call.ended && !leg.ended
  }
  const put = (payload: Buffer, arrivalNs: bigint, position?: number): void => {
    // A copy: what an adapter does with its buffer later must not change what was received.
    leg.frames.push({ payload: Buffer.from(payload), arrivalNs, position })
    changed()
  }
  return {
    rtp(packet, arrivalNs) {
      if (!live('rtp')) return
      leg.packets.push(Buffer.from(packet))
      put(rtpPayload(packet), arrivalNs)
    },
    frame(payload, arrivalNs, position) {
      if (live('frame')) put(payload, arrivalNs, position)
    },
    change(facts) {
      if (live('change')) leg.changes.push(facts)
      changed()
    },
    lost(durationMs) {
      if (live('lost')) leg.lost.push(durationMs)
      changed()
    },
    hold(on) {
      if (live('hold')) leg.holds.push(on)
      changed()
    },
    end() {
      leg.ended = true
      changed()
    },
  }
}

/** The payload of an RTP packet (RFC 3550 §5.1): without CSRC list, header extension and padding. */
function rtpPayload(packet: Buffer): Buffer {
  const first = packet.readUInt8(0)
  let start = 12 + 4 * (first & 0x0f)
  if (first & 0x10) start += 4 + 4 * packet.readUInt16BE(start + 2)
  const end = packet.length - (first & 0x20 ? packet.readUInt8(packet.length - 1) : 0)
  return packet.subarray(start, end)
}
