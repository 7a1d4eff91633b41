import { expect, test } from 'vitest'
import type { Caption, CaptionState } from '../../../contract/models/captions.ts'
import { captionsAfter, type Followed } from './captions.ts'

const callId = '0198f2d0-0000-7000-8000-000000000000'
const state: CaptionState = {
  mode: 'full',
  reason: null,
  behindMs: 0,
  language: 'en',
  engine: 'x',
  relieved: false,
  demo: false,
}
const caption = (id: string, text: string, fromMs: number): Caption => ({
  id,
  leg: 0,
  role: 'customer',
  origin: 'engine',
  final: false,
  fromMs,
  toMs: fromMs + 1,
  text,
  marks: [],
  stages: null,
})
const event = (captions: Caption[], withdrawn: string[] = []) =>
  ({ type: 'captions', seq: 1, callId, captions, withdrawn, state }) as const
const texts = (followed: Followed | null): string[] => followed?.captions.map(({ text }) => text) ?? []

test('a caption takes the place of the one before, in the order in which they began', () => {
  const first = captionsAfter(null, event([caption('2', 'good', 500), caption('1', 'hello', 0)]), callId)
  expect(texts(first)).toEqual(['hello', 'good'])
  const second = captionsAfter(first, event([caption('2', 'good morning', 500)]), callId)
  expect(texts(second)).toEqual(['hello', 'good morning'])
  expect(texts(captionsAfter(second, event([], ['1']), callId))).toEqual(['good morning'])
})

test('other calls change nothing; a connection made anew begins with all there is', () => {
  const before = captionsAfter(null, event([caption('1', 'hello', 0)]), callId)
  expect(captionsAfter(before, { ...event([caption('9', 'no', 0)]), callId: 'other' }, callId)).toBe(before)
  const all = { seq: 2, callId, captions: [caption('5', 'anew', 9)], state }
  expect(texts(captionsAfter(before, { ...all, type: 'captions.all' }, callId))).toEqual(['anew'])
})
