import type { ControlAction } from '../../../contract/models/calls.ts'
import type { CallCircumstances, CaptureProtocol, Decision } from '../../../contract/models/policy.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import { countryOf } from '../calls/country.ts'
import type { Announcement, AnnounceResult, CallFacts, Desk, Party, SourceCommands } from '../source.ts'
import type { Listening } from '../live/listening.ts'
import type { AnswerKeys } from './keys.ts'
import { Session } from './session.ts'
import type { By, SessionListener, Told } from './session-ports.ts'

export type Agent = { personId: string; teamIds: string[]; country: string | null }

export type DeskDeps = {
  clock: Clock
  log: Logger
  decide(callId: string, circumstances: CallCircumstances): Decision
  agentByAlias(alias: string): Agent | null
  /** Keys by which callers answer; null while they are not said. */
  answerKeys(): AnswerKeys | null
  listening: Listening
  seal(callId: string, plain: Buffer): Buffer | null
  heard: SessionListener
  delayMs: number
  /** While a detector of card data listens, ms. */
  detectorDelayMs: number
  /** Most bytes a leg keeps in memory while the database does not answer. */
  waitingLimit: number
  silentAfterMs: number
  maxCalls: number
}

export type RunningDesk = Desk & {
  sessions: ReadonlyMap<string, Session>
  /** Switches something on a call and on every other source of its conversation: a pause must leave no copy running. */
  control(session: Session, action: ControlAction, by: By, told?: Told): void
  remove(session: Session): void
  tick(): void
  drain(): void
  stop(): void
}

/** Takes calls from every protocol, decides, and keeps the calls in progress. */
export function createDesk(deps: DeskDeps): RunningDesk {
  const sessions = new Map<string, Session>()
  const keys = new Set<string>()
  let stopping = false
  const keyOf = (a: Announcement): string => `${a.protocol}\0${a.sessionKey}`
  const linked = (one: { announcement: Announcement }): Session[] =>
    [...sessions.values()].filter(
      (s) =>
        s.announcement.conversationKey !== undefined &&
        s.announcement.conversationKey === one.announcement.conversationKey &&
        !s.endReason,
    )

  function control(session: Session, action: ControlAction, by: By, told?: Told): void {
    for (const one of new Set([session, ...linked(session)])) one.control(action, by, told)
  }

  function maskAll(session: Session, on: boolean, fromNs: bigint): number {
    let missedMs = 0
    for (const one of new Set([session, ...linked(session)])) {
      const missed = one.maskSensitive(on, fromNs)
      if (one === session) missedMs = missed
    }
    return missedMs
  }

  function announce(announcement: Announcement, commands: SourceCommands): AnnounceResult {
    if (stopping) return { accepted: false, reason: 'stopping', detail: 'The recorder is shutting down.' }
    if (keys.has(keyOf(announcement)))
      return { accepted: false, reason: 'duplicate', detail: 'This session is already being recorded.' }
    if (sessions.size >= deps.maxCalls)
      return { accepted: false, reason: 'overload', detail: `${deps.maxCalls} calls are already in progress.` }
    const callId = newId()
    announcement.parties = recognise(deps, announcement.parties)
    const agent = findAgent(deps, announcement)
    // A second source of one conversation follows the first one's decision, so that a random draw is made once.
    const first = linked({ announcement })[0]
    const who = agent ?? first?.agent ?? null
    const circumstances = circumstancesOf(announcement, who, deps.clock.now())
    const decision = first?.decision ?? deps.decide(callId, circumstances)
    const session = new Session({
      ...deps,
      recognise: (parties) => recognise(deps, parties),
      findAgent: (facts) => findAgent(deps, facts),
      callId,
      announcement: { ...announcement },
      commands,
      decision,
      circumstances,
      agent: who,
      controlAll: control,
      maskAll,
    })
    sessions.set(callId, session)
    keys.add(keyOf(announcement))
    if (first) {
      session.follow(first)
      const { consent } = announcement
      if (consent === 'yes' || consent === 'no') control(session, `consent_${consent}`, 'caller')
    }
    deps.heard.changed(session)
    return { accepted: true, call: session.intake() }
  }

  return {
    announce,
    sessions,
    control,
    remove(session) {
      sessions.delete(session.callId)
      keys.delete(keyOf(session.announcement))
    },
    tick() {
      for (const session of sessions.values()) session.tick()
    },
    drain() {
      const now = deps.clock.monotonic()
      for (const session of sessions.values()) {
        session.listen(now)
        session.drain(now)
      }
    },
    stop() {
      stopping = true
      for (const session of sessions.values()) session.disconnect('shutdown')
    },
  }
}

/**
 * Parties with their roles as far as we know them: a source such as SIPREC does not say who the agent is, but a party whose
 * address is one of our people's logins is one, and the others then are the customer's side.
 */
export function recognise(deps: Pick<DeskDeps, 'agentByAlias'>, parties: Party[] = []): Party[] {
  const known = parties.map((p) =>
    p.role === 'unknown' && p.address && deps.agentByAlias(p.address) ? { ...p, role: 'agent' as const } : p,
  )
  if (!known.some((p) => p.role === 'agent')) return known
  return known.map((p) => (p.role === 'unknown' ? { ...p, role: 'customer' as const } : p))
}

/** The person whose login or extension the source names: its agent field first, then the agent party's address. */
export function findAgent(deps: Pick<DeskDeps, 'agentByAlias'>, facts: CallFacts): Agent | null {
  const parties = facts.parties ?? []
  const names = [facts.agent, ...parties.filter((p) => p.role === 'agent').flatMap((p) => [p.address, p.name])]
  for (const name of names) {
    const agent = name ? deps.agentByAlias(name) : null
    if (agent) return agent
  }
  return null
}

/** What the policy decides on. Countries come from the source or from the international number. */
export function circumstancesOf(
  facts: CallFacts & { protocol: string },
  agent: Agent | null,
  nowMs: number,
): CallCircumstances {
  const customer = facts.parties?.find((p) => p.role === 'customer')
  const agentParty = facts.parties?.find((p) => p.role === 'agent')
  return {
    protocol: facts.protocol as CaptureProtocol,
    direction: facts.direction ?? null,
    queue: facts.queue ?? facts.skill ?? null,
    agentId: agent?.personId ?? null,
    teamIds: agent?.teamIds ?? [],
    callerCountry: customer?.country ?? countryOf(customer?.address),
    agentCountry: agent?.country ?? agentParty?.country ?? countryOf(agentParty?.address),
    startedAt: new Date(nowMs).toISOString(),
  }
}
