import type { CallListener, HeardCall } from '../live/listening.ts'
import { LegTap } from '../live/tap.ts'
import type { MaskKind } from '../media/index.ts'
import type { PartyRole } from '../source.ts'
import type { LegRecorder } from './leg.ts'
import type { SessionOptions } from './session-ports.ts'
import type { Session } from './session.ts'
import { stores } from './switches.ts'

/** Whoever follows a call by ear, with a tap on each of its legs. */
export class Hearing {
  readonly listener: CallListener | null
  readonly #taps = new Set<LegTap>()
  #why: MaskKind | null = null

  constructor(listener: CallListener | null) {
    this.listener = listener
  }

  /** A tap on a leg; null when nobody wants its sound. */
  tap({ index, facts }: Pick<LegRecorder, 'index' | 'facts'>, role: () => PartyRole): LegTap | null {
    const { listener } = this
    listener?.leg({ index, label: facts.label, role })
    if (!listener?.hears) return null
    const tap = new LegTap({ ...facts, open: (rate) => listener.lane({ index, role, rate }) })
    tap.hush(this.#why !== null)
    this.#taps.add(tap)
    return tap
  }

  /** From now on silence is heard because of this; null: what is said. */
  hush(why: MaskKind | null): void {
    this.#why = why
    for (const tap of this.#taps) tap.hush(why !== null)
    this.listener?.leftOut(why)
  }

  tick(nowNs: bigint): void {
    for (const tap of this.#taps) tap.tick(nowNs)
  }

  end(): void {
    for (const tap of this.#taps) tap.end()
  }
}

/** A session as a listener may know it. */
export function asHeard(
  session: Session,
  { clock, maskAll, seal }: Pick<SessionOptions, 'clock' | 'maskAll' | 'seal'>,
): HeardCall {
  const { decision, callId, announcement, anchorNs } = session
  return {
    callId,
    protocol: announcement.protocol,
    assist: decision.purposes.includes('assist'),
    stored: stores(decision),
    detector: stores(decision) && decision.pause.detector,
    facts: () => ({
      queue: announcement.queue ?? announcement.skill ?? null,
      agentCountry: session.agent?.country ?? session.circumstances.agentCountry,
    }),
    atMs: (arrivalNs) => session.atMs(arrivalNs),
    arrivalAt: (ms) => anchorNs + BigInt(Math.round(ms * 1e6)),
    mask: (on, fromNs) => maskAll(session, on, fromNs > clock.monotonic() ? clock.monotonic() : fromNs),
    seal: (plain) => seal(callId, plain),
  }
}
