import { expect, test } from 'vitest'
import type { Decision } from '../../../contract/models/policy.ts'
import { manualClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import type { Announcement, CallIntake, PartyRole } from '../source.ts'
import { createDesk } from './desk.ts'

const everything: Decision = {
  policyVersion: 1,
  ruleId: null,
  mode: 'all',
  record: true,
  reason: 'rule',
  draw: null,
  percent: null,
  purposes: ['training'],
  legalBasis: 'contract',
  pause: { agent: true, platform: true, detector: false, autoResumeSeconds: 60, reachBackSeconds: 0 },
  consent: 'objection',
}

function setUp(decision: Decision = everything, silentAfterMs = 86_400_000) {
  const clock = manualClock()
  const switched: { kind: string; by: string; saidMs: number | null }[] = []
  const desk = createDesk({
    clock,
    log: silentLog,
    decide: () => decision,
    agentByAlias: () => null,
    answerKeys: () => ({ yes: '1', no: '9' }),
    heard: {
      mark: (session, { kind, by }, { saidNs }) =>
        void switched.push({ kind, by, saidMs: saidNs === undefined ? null : session.atMs(saidNs) }),
      leg: () => {},
      changed: () => {},
      ended: () => {},
    },
    listening: { begin: () => null },
    seal: () => null,
    delayMs: 300,
    detectorDelayMs: 0,
    waitingLimit: 1 << 20,
    silentAfterMs,
    maxCalls: 10,
  })
  const join = (sessionKey: string, over: Partial<Announcement> = {}): CallIntake => {
    const result = desk.announce(
      { protocol: 'stream', sessionKey, conversationKey: 'one', sequenced: true, ...over },
      {},
    )
    if (!result.accepted) throw new Error(result.detail)
    return result.call
  }
  const session = (call: CallIntake) => {
    const found = desk.sessions.get(call.callId)
    if (!found) throw new Error('the desk does not know the call')
    return found
  }
  const states = () => [...desk.sessions.values()].map((s) => s.view().status)
  /** Presses keys one after another, then waits; a number is a wait in ms. */
  const press = (call: CallIntake, label: string, ...steps: (string | number)[]): void => {
    for (const step of steps)
      if (typeof step === 'string') call.dtmf(label, step)
      else
        for (let waited = 0; waited < step; waited += 100) {
          clock.advance(100)
          desk.tick()
        }
  }
  return { clock, desk, join, session, states, switched, press }
}

test('a source that joins a paused conversation resumes with it, not a whole pause later', () => {
  const { clock, desk, join, session, states } = setUp()
  const first = session(join('a'))
  desk.control(first, 'pause', 'agent')
  clock.advance(45_000)
  const second = session(join('b'))
  expect(second.view().pausedAt).toBe(first.view().pausedAt)
  expect(second.view().resumesAt).toBe(first.view().resumesAt)
  clock.advance(14_000)
  desk.tick()
  expect(states()).toEqual(['paused', 'paused'])
  clock.advance(1000)
  desk.tick()
  expect(states()).toEqual(['recording', 'recording'])
})

test('a caller’s no holds for every source of the conversation: those there, those that join, whoever tells it', () => {
  const joining = setUp()
  joining.join('a')
  joining.join('b', { consent: 'no' })
  expect(joining.states()).toEqual(['no_consent', 'no_consent'])
  joining.join('c')
  expect(joining.states()).toEqual(['no_consent', 'no_consent', 'no_consent'])

  const told = setUp()
  const [a] = [told.join('a'), told.join('b')]
  a.update({ consent: 'no' })
  expect(told.states()).toEqual(['no_consent', 'no_consent'])
  told.join('another conversation', { conversationKey: 'two' })
  expect(told.states()).toEqual(['no_consent', 'no_consent', 'recording'])
})

test('a source that joins and was not asked does not undo what the caller said before', () => {
  const { join, states } = setUp()
  join('a', { consent: 'no' })
  join('b', { consent: 'not_asked' })
  expect(states()).toEqual(['no_consent', 'no_consent'])
})

const legs = (call: CallIntake, roles: Record<string, PartyRole>): CallIntake => {
  for (const [label, role] of Object.entries(roles))
    call.leg({ label, role, format: { codec: 'PCMU', rate: 8000, channels: 1 } })
  return call
}
const optIn: Decision = { ...everything, consent: 'opt_in' }

test('the key for no, pressed alone, ends recording on every source within seconds, at the moment it was pressed', () => {
  const { join, states, switched, press } = setUp()
  const call = legs(join('a'), { caller: 'customer', agent: 'agent' })
  join('b')
  press(call, 'caller', 60_000, '9', 1900)
  expect(states()).toEqual(['recording', 'recording'])
  press(call, 'caller', 100)
  expect(states()).toEqual(['no_consent', 'no_consent'])
  expect(switched).toEqual([1, 2].map(() => ({ kind: 'consent_no', by: 'caller_key', saidMs: 60_000 })))
})

test('the key for yes begins a recording that waits for it; its digit is kept nowhere', () => {
  const { join, session, states, switched, press } = setUp(optIn)
  const call = legs(join('a'), { caller: 'customer', agent: 'agent' })
  press(call, 'caller', 20_000, '1', 2000)
  expect(states()).toEqual(['recording'])
  expect(switched).toEqual([{ kind: 'consent_yes', by: 'caller_key', saidMs: 20_000 }])
  expect(session(call).card.dtmf).toEqual([])
})

test.each<[string, Decision, Record<string, PartyRole>, [string, ...(string | number)[]]]>([
  ['a number', optIn, { l: 'customer' }, ['l', '4', 300, '9', 400, '1', 3000]],
  ['a number typed slowly', everything, { l: 'customer' }, ['l', '4', 1900, '9', 4000, '9', 4000, '9', 2500]],
  ['the agent’s key', everything, { l: 'agent', c: 'customer' }, ['l', '9', 3000]],
  ['a yes nobody asked for', everything, { l: 'customer' }, ['l', '1', 3000]],
  ['a yes that may be the agent’s', optIn, { l: 'unknown', m: 'unknown' }, ['l', '1', 3000]],
  ['a yes of no known leg', optIn, { l: 'customer' }, ['', '1', 3000]],
  ['a yes after the first minutes', optIn, { l: 'customer' }, ['l', 181_000, '1', 3000]],
  ['another key', optIn, { l: 'customer' }, ['l', '5', 3000, '*', 6000, '#', 3000]],
])('%s changes nothing', (_what, decision, roles, [label, ...steps]) => {
  const { join, switched, press } = setUp(decision)
  press(legs(join('a'), roles), label, ...steps)
  expect(switched).toEqual([])
})

test('a menu’s key after a no does not undo it; a no undoes a yes', () => {
  const { join, states, press } = setUp(optIn)
  const call = legs(join('a'), { l: 'customer' })
  press(call, 'l', '9', 8000, '1', 3000)
  expect(states()).toEqual(['no_consent'])
  const other = setUp(optIn)
  const second = legs(other.join('a'), { l: 'customer' })
  other.press(second, 'l', '1', 3000)
  expect(other.states()).toEqual(['recording'])
  other.press(second, 'l', 3_600_000, '9', 3000)
  expect(other.states()).toEqual(['no_consent'])
})

test('a no counts from a leg of unknown role, and of two legs the one that is not the agent’s may say yes', () => {
  const unknown = setUp()
  unknown.press(legs(unknown.join('a'), { l: 'unknown', m: 'unknown' }), 'l', '9', 3000)
  expect(unknown.states()).toEqual(['no_consent'])
  const beside = setUp(optIn)
  beside.press(legs(beside.join('a'), { l: 'unknown', m: 'agent' }), 'l', '1', 3000)
  expect(beside.states()).toEqual(['recording'])
})

test('keys typed in a pause, or just before and after it, are no answer and are not kept; the time of a pause is not lost', () => {
  const { desk, join, session, states, switched, press } = setUp()
  const call = legs(join('a'), { l: 'customer' })
  const one = session(call)
  press(call, 'l', 10_000, '9', 500)
  desk.control(one, 'pause', 'agent')
  press(call, 'l', '9', 6000, '9', 6000)
  desk.control(one, 'resume', 'agent')
  press(call, 'l', 1000, '9', 3000)
  call.sourcePaused(true)
  press(call, 'l', 6000, '9', 6000)
  call.sourcePaused(false)
  expect(states()).toEqual(['recording'])
  expect(switched.filter(({ by }) => by === 'caller_key')).toEqual([])
  expect(one.card.dtmf.map(({ atMs }) => atMs)).toEqual([10_000, 23_500])
  press(call, 'l', 5000, '9', 2000)
  expect(states()).toEqual(['no_consent'])
})

test('a no pressed in the last moment counts; a yes there proves nothing', () => {
  const { join, switched, press } = setUp()
  const call = legs(join('a'), { l: 'customer' })
  press(call, 'l', 10_000, '9', 300)
  call.end('hangup')
  expect(switched).toMatchObject([{ kind: 'consent_no', by: 'caller_key' }])
  const yes = setUp(optIn)
  const waiting = legs(yes.join('a'), { l: 'customer' })
  yes.press(waiting, 'l', 10_000, '1', 300)
  waiting.end('hangup')
  expect(yes.switched).toEqual([])
})

test('keys of a call that no rule records mean nothing', () => {
  const { join, switched, press } = setUp({ ...everything, record: false, purposes: [] })
  press(legs(join('a'), { l: 'customer' }), 'l', '9', 3000)
  expect(switched).toEqual([])
})

test('after a pause nobody is called silent for what was said in it', () => {
  const { clock, desk, join, session } = setUp(everything, 15_000)
  const call = join('a')
  call.leg({ label: 'customer', role: 'customer', format: { codec: 'PCMU', rate: 8000, channels: 1 } })
  const paused = session(call)
  desk.control(paused, 'pause', 'agent')
  clock.advance(20_000)
  desk.control(paused, 'resume', 'agent')
  desk.tick()
  expect(paused.view().alerts).toEqual([])
  clock.advance(15_001)
  desk.tick()
  expect(paused.view().alerts).toEqual(['silent_leg'])
})
