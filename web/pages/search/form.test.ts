import { afterAll, beforeAll, expect, it } from 'vitest'
import { askOf, blank, type Form, formOf } from './form.ts'

const { env } = (globalThis as unknown as { process: { env: Record<string, string | undefined> } }).process
const zone = env['TZ']
beforeAll(() => {
  env['TZ'] = 'Europe/Rome'
})
afterAll(() => {
  if (zone === undefined) delete env['TZ']
  else env['TZ'] = zone
})

it('days are days where the person is, also when the clock changes', () => {
  const { from, to } = askOf({ ...blank, from: '2026-03-29', to: '2026-03-29' })
  expect([from, to]).toEqual(['2026-03-28T23:00:00.000Z', '2026-03-29T22:00:00.000Z'])
  expect(askOf({ ...blank, to: '2026-10-25' }).to).toBe('2026-10-25T23:00:00.000Z')
})

it('a search that was saved fills the fields it was made with', () => {
  const form: Form = {
    purpose: 'analytics',
    by: 'meaning',
    text: 'disdetta OR recesso',
    speaker: 'customer',
    language: 'it',
    queue: 'Vendite',
    direction: 'inbound',
    from: '2026-03-28',
    to: '2026-03-29',
    difficult: true,
    longer: '1.5',
    shorter: '60',
    agentId: '0190a000-0000-7000-8000-00000000abcd',
    teamId: '0190a000-0000-7000-8000-00000000abce',
  }
  expect(formOf(askOf(form))).toEqual(form)
  expect(formOf(askOf(blank))).toEqual(blank)
})
