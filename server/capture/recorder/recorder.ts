import { setTimeout as sleep } from 'node:timers/promises'
import type { Mark } from '../../../contract/models/calls.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import type { Logger } from '../../platform/log.ts'
import { isProblem, messageOf } from '../../platform/problem.ts'
import type { Vault, VaultFault } from '../../vault/index.ts'
import type { EndReason } from '../source.ts'
import { draftLabel } from '../speech.ts'
import { createDesk, type DeskDeps, type RunningDesk } from './desk.ts'
import type { CallKeys, Ledger } from './ledger.ts'
import type { LegRecorder } from './leg.ts'
import { createPersist, Turns } from './persist.ts'
import type { Session } from './session.ts'
import type { SessionListener, Told } from './session-ports.ts'

export type RecorderDeps = Pick<
  DeskDeps,
  | 'decide'
  | 'agentByAlias'
  | 'answerKeys'
  | 'delayMs'
  | 'detectorDelayMs'
  | 'waitingLimit'
  | 'silentAfterMs'
  | 'maxCalls'
  | 'listening'
> & {
  clock: Clock
  log: Logger
  vault: Vault
  ledger: Ledger
  /** Seals a call whose streams are finished: derived streams, manifest, evidence, jobs. */
  seal(
    session: Session,
    keys: CallKeys,
    streams: Awaited<ReturnType<ReturnType<Vault['openWriter']>['finish']>>[],
  ): Promise<void>
  /** The page hears of it. */
  changed(session: Session): void
  ended(session: Session): void
}

type State = { turns: Turns; keys: CallKeys | null; factsPending: boolean }

export type Recorder = {
  desk: RunningDesk
  /** Resolves when every call that has ended is sealed. */
  idle(): Promise<void>
  stop(): Promise<void>
}

const drainEveryMs = 100
const tickEveryMs = 500
/** Between two tries to write a call's end onto a full disk. */
const concludeEveryMs = 500

/** Connects the desk's sessions to keys, rows and streams. The one place where a call's media is let onto a disk. */
export function createRecorder(deps: RecorderDeps): Recorder {
  const { clock, log, vault, ledger } = deps
  const persist = createPersist(log)
  const states = new Map<string, State>()
  const sealing = new Set<Promise<void>>()
  /** Calls whose last seconds the disk did not take before the program stopped. */
  const cut: string[] = []
  let stopping = false

  function stateOf(session: Session): State {
    const known = states.get(session.callId)
    if (known) return known
    const state: State = { turns: new Turns(), keys: null, factsPending: false }
    states.set(session.callId, state)
    void state.turns.take(() => begin(session, state))
    return state
  }

  async function begin(session: Session, state: State): Promise<void> {
    try {
      state.keys = await persist('begin call', () => ledger.begin(session))
      const keys = state.keys
      // Whoever read the list of calls before the row was there reads it again.
      if (!session.endReason) deps.changed(session)
      if (keys)
        session.ready((leg) =>
          vault.openWriter(keys.processing, `packets/${leg.index}`, (fault) => onFault(session, leg, fault)),
        )
    } catch (error) {
      log.error(
        { callId: session.callId, code: isProblem(error) ? error.code : undefined, detail: messageOf(error) },
        'a call could not be recorded',
      )
      for (const leg of session.legs) leg.discard()
      session.disconnect('error')
      session.end('error')
    }
  }

  /** The disk refuses a leg's media for the first time, loses some, or (null) takes it again. */
  function onFault(session: Session, leg: LegRecorder, fault: VaultFault | null): void {
    const { callId } = session
    // What a stop leaves behind is told at its end, in one line for all calls.
    if (fault?.lost && !stopping)
      log.error({ callId, leg: leg.index, kind: fault.kind }, 'media is lost: the disk did not take it')
    if (!session.diskRefuses(leg, fault !== null)) return
    if (fault) log.error({ callId, kind: fault.kind }, 'the disk refuses media: it is kept in memory up to the limit')
    else log.info({ callId }, 'the disk takes media again')
    if (!session.endReason) heard.changed(session)
    else if (fault && states.has(callId)) later(session, 'facts', () => ledger.facts(session, stateOf(session).keys))
  }

  /** Database work of one call, in order, that must not be lost. */
  function later(session: Session, what: string, work: () => Promise<void>): void {
    stateOf(session)
      .turns.take(() => persist(what, work))
      .catch((error: unknown) =>
        log.error(
          { callId: session.callId, what, detail: messageOf(error) },
          'a change of a call could not be written',
        ),
      )
  }

  const heard: SessionListener = {
    mark: (session: Session, mark: Mark, { actorId = null, saidNs }: Told) => {
      const entry = { id: newId(), mark, actorId, saidMs: saidNs === undefined ? mark.atMs : session.atMs(saidNs) }
      later(session, 'mark', () => ledger.mark(session, stateOf(session).keys, entry))
    },
    leg: (session: Session, leg: LegRecorder) => later(session, 'leg', () => ledger.leg(session, leg)),
    changed: (session: Session) => {
      const state = stateOf(session)
      deps.changed(session)
      if (state.factsPending) return
      state.factsPending = true
      later(session, 'facts', async () => {
        state.factsPending = false
        await ledger.facts(session, state.keys)
      })
    },
    ended: (session: Session, _reason: EndReason) => {
      const done = finish(session, stateOf(session)).finally(() => sealing.delete(done))
      sealing.add(done)
    },
  }

  async function finish(session: Session, state: State): Promise<void> {
    deps.ended(session)
    try {
      await state.turns.idle()
      await session.listener?.end()
      session.drain(clock.monotonic())
      await persist('end of call', () => ledger.ended(session, state.keys))
      if (state.keys) {
        for (const leg of session.legs) while (!leg.conclude() && !leg.writer?.givenUp) await sleep(concludeEveryMs)
        const streams = await Promise.all(session.legs.flatMap((leg) => (leg.writer ? [leg.writer.finish()] : [])))
        const keys = state.keys
        await persist('seal', () => deps.seal(session, keys, streams))
      }
    } catch (error) {
      if (session.legs.some((leg) => leg.writer?.givenUp)) await cutShort(session)
      else
        log.error(
          { callId: session.callId, code: isProblem(error) ? error.code : undefined, detail: messageOf(error) },
          'a call could not be sealed; it is taken up again at the next start',
        )
    } finally {
      state.keys?.card.dispose()
      state.keys?.processing.dispose()
      states.delete(session.callId)
      desk.remove(session)
      deps.ended(session)
    }
  }

  /** The program stops before the disk took all of a call: what is there is closed at the next start. */
  async function cutShort(session: Session): Promise<void> {
    if (session.legs.every((leg) => leg.safe)) return
    cut.push(session.callId)
    await persist('end of call', () => ledger.cutShort(session)).catch((error: unknown) =>
      log.error({ callId: session.callId, detail: messageOf(error) }, 'a change of a call could not be written'),
    )
  }

  const seal = (callId: string, plain: Buffer): Buffer | null => {
    const keys = states.get(callId)?.keys
    return keys ? vault.sealValue(keys.processing, draftLabel, plain) : null
  }
  const desk = createDesk({ ...deps, heard, seal })
  const drain = setInterval(() => desk.drain(), drainEveryMs)
  const tick = setInterval(() => desk.tick(), tickEveryMs)

  const idle = async (): Promise<void> => {
    while (sealing.size > 0) await Promise.allSettled(sealing)
  }

  return {
    desk,
    idle,
    async stop() {
      stopping = true
      desk.stop()
      for (const session of desk.sessions.values()) session.end('disconnect')
      await idle()
      clearInterval(drain)
      clearInterval(tick)
      if (cut.length > 0)
        log.error(
          { calls: cut },
          'the disk refuses: the last seconds of these calls are not on it; they are closed as interrupted at the next start',
        )
    },
  }
}
