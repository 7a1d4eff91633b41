import { expect, test } from 'vitest'
import { liveRedaction } from './live.ts'
import type { Turn } from './types.ts'

const said = (id: string, text: string, lane = 'customer'): Turn => ({
  id,
  lane,
  role: lane === 'agent' ? 'agent' : 'customer',
  text,
})

test('digits that may become a card are open until they are one, then their turns change', () => {
  const live = liveRedaction({ language: 'en' })
  const first = live.final(said('1', 'so 4111 1111'))
  expect(first.spans.get('1')).toEqual([])
  expect(first.open).toEqual([{ turn: '1', start: 0, end: 12 }])
  live.final(said('2', 'yes', 'agent'))
  const partial = live.partial(said('3', '1111'))
  expect(partial.open.map(({ turn }) => turn)).toEqual(['1', '3'])
  const whole = live.final(said('3', '1111 1111'))
  expect(whole.spans.get('1')).toEqual([{ type: 'CARD', start: 0, end: 12 }])
  expect(whole.spans.get('3')).toEqual([{ type: 'CARD', start: 0, end: 9 }])
  expect(whole.open).toEqual([])
})

test('a partial leaves nothing behind', () => {
  const live = liveRedaction({ language: 'it' })
  expect(live.partial(said('1', 'la carta è quattro uno', 'customer')).spans.get('1')).toEqual([
    { type: 'CARD', start: 11, end: 22 },
  ])
  live.final(said('1', 'la porta è aperta', 'customer'))
  expect(live.final(said('2', 'quattro uno')).spans.get('2')).toEqual([])
})

test('what was asked for is expected until it is told', () => {
  const live = liveRedaction({ language: 'fr' })
  expect(live.final(said('1', 'donnez-moi le numéro de la carte', 'agent')).expecting).toBe('CARD')
  expect(live.final(said('2', '4111 1111')).expecting).toBe('CARD')
  expect(live.final(said('3', '1111 1111')).expecting).toBeNull()
})
