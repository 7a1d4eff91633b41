import { afterAll, describe, expect, it } from 'vitest'
import { createStrength, mostlyOwn, ownWords } from './strength.ts'

const strength = createStrength()
afterAll(() => strength.stop())

describe('password strength', () => {
  it.each([
    ['password1234', []],
    ['123456789012', []],
    ['qwertyuiop12', []],
    ['buongiorno12', []],
    ['motdepasse123', []],
    ['aaaaaaaaaaaaaaaaaaaa', []],
    ['Mario.Rossi.1980', ['Mario Rossi', 'mario@example.com']],
    ['rossi-mario-rossi-mario', ['Mario Rossi', 'mario@example.com']],
    ['kV9!x2mQ', []],
  ])('%s is not enough', async (password, inputs) => {
    expect((await strength.check(password, inputs)).acceptable).toBe(false)
    await expect(strength.require(password, inputs)).rejects.toMatchObject({ code: 'password_weak', status: 422 })
  })

  it.each(['lampione verde tra 7 colline', 'kV9!x2mQ#tr7', 'correct horse battery staple'])(
    '%s is',
    async (password) => {
      expect(await strength.check(password, ['Mario Rossi'])).toMatchObject({ acceptable: true, warning: null })
    },
  )

  it('answers many at once, refuses a flood, and works on afterwards', async () => {
    const results = await Promise.allSettled(Array.from({ length: 30 }, () => strength.check('password1234', [])))
    expect(results.filter((r) => r.status === 'fulfilled')).toHaveLength(20)
    expect(results.find((r) => r.status === 'rejected')?.reason).toMatchObject({ code: 'busy', status: 503 })
    await strength.stop()
    expect((await strength.check('password1234', [])).score).toBeLessThan(3)
  })

  it('takes names and addresses apart', () => {
    expect(ownWords(['Anna-Lisa Rossi', 'a.rossi@example.com'])).toEqual([
      'anna-lisa rossi',
      'anna',
      'lisa',
      'rossi',
      'a.rossi@example.com',
      'example',
      'com',
      'verbale',
    ])
    expect(mostlyOwn('RossiRossi!2026', ['rossi'])).toBe(true)
    expect(mostlyOwn('rossi tra lampioni e colline', ['rossi'])).toBe(false)
    expect(mostlyOwn('short', ['rossi'])).toBe(false)
  })
})
