import { createHmac } from 'node:crypto'
import { expect, it } from 'vitest'
import { customerIndex } from './country.ts'

const box = { blindIndex: (_: string, value: string) => createHmac('sha256', 'k').update(value).digest() }
const index = (address?: string): string | undefined => customerIndex(box, address)?.toString('hex')

it('the calls of one number are found however it is written', () => {
  const one = index('+39 02 1234567')
  for (const other of ['sip:+39021234567@carrier.example.test', 'tel:0039021234567', '39021234567'])
    expect(index(other)).toBe(one)
  expect(index('+39021234568')).not.toBe(one)
})

it('callers who withhold their number are nobody, and never one another', () => {
  for (const address of ['sip:anonymous@anonymous.invalid', 'Anonymous', 'unavailable@unknown.invalid', '+266696687'])
    expect([address, index(address)]).toEqual([address, undefined])
  expect(index()).toBeUndefined()
})
