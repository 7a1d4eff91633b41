import type { ControlAction, Mark } from '../../../contract/models/calls.ts'
import type { CallCircumstances, Decision } from '../../../contract/models/policy.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Listening } from '../live/listening.ts'
import type { Announcement, CallFacts, EndReason, Party, SourceCommands } from '../source.ts'
import type { AnswerKeys } from './keys.ts'
import type { LegRecorder } from './leg.ts'
import type { Session } from './session.ts'

export type SessionOptions = {
  callId: string
  announcement: Announcement
  commands: SourceCommands
  decision: Decision
  circumstances: CallCircumstances
  agent: { personId: string; teamIds: string[]; country: string | null } | null
  clock: Clock
  delayMs: number
  waitingLimit: number
  silentAfterMs: number
  /** Names the roles of parties that the source leaves open, and finds the agent among them. */
  recognise(parties: Party[]): Party[]
  findAgent(facts: CallFacts): SessionOptions['agent']
  /** Switches something on every source of the conversation, this one included. */
  controlAll(session: Session, action: ControlAction, by: By, told?: Told): void
  /** Keys by which callers answer; null while they are not said. */
  answerKeys(): AnswerKeys | null
  /** Leaves out card data on every source of the conversation; how much of it had left the memory of this one, ms. */
  maskAll(session: Session, on: boolean, fromNs: bigint): number
  listening: Listening
  /** Seals under the key of the call's working copy; null while it is not there. */
  seal(callId: string, plain: Buffer): Buffer | null
  /** Longest hold back while a detector listens, ms. */
  detectorDelayMs: number
  /** Told of everything that must reach the database or the page. */
  heard: SessionListener
}

export type SessionListener = {
  mark(session: Session, mark: Mark, told: Told): void
  leg(session: Session, leg: LegRecorder): void
  changed(session: Session): void
  ended(session: Session, reason: EndReason): void
}

export type By = Mark['by']
/** More about a switch: who, and when it was said where that was before it took effect (monotonic ns). */
export type Told = { actorId?: string | null; saidNs?: bigint }
