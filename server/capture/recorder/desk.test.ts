import { expect, test } from 'vitest'
import type { Decision } from '../../../contract/models/policy.ts'
import { manualClock } from '../../platform/clock.ts'
import { silentLog } from '../../platform/log.ts'
import type { Announcement, CallIntake } from '../source.ts'
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

function setUp() {
  const clock = manualClock()
  const desk = createDesk({
    clock,
    log: silentLog,
    decide: () => everything,
    agentByAlias: () => null,
    heard: { mark: () => {}, leg: () => {}, changed: () => {}, ended: () => {} },
    delayMs: 300,
    waitingLimit: 1 << 20,
    silentAfterMs: 10_000,
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
  return { clock, desk, join, session, states }
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
