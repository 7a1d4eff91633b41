import { expect, it } from 'vitest'
import { createSensitive } from './sensitive.ts'

const sensitive = createSensitive()

it('of a language nobody declared, what any of them finds is taken out once, and nothing of it is left', async () => {
  const said = 'la mia carta è quattro uno uno uno uno uno uno uno uno uno uno uno uno uno uno uno e basta'
  for (const text of [said, 'my card is 4111 1111 1111 1111 thank you', 'ma carte 4111 1111 1111 1111 merci']) {
    const redacted = await sensitive.redactText(text, 'und')
    expect(redacted).toContain('[CARD]')
    expect(redacted).not.toMatch(/uno|1111/)
    const spans = (await sensitive.spansOf([{ id: '0', lane: '0', role: 'customer', text }], 'und')).get('0') ?? []
    for (const [i, { start }] of spans.entries()) expect(start).toBeGreaterThanOrEqual(spans[i - 1]?.end ?? 0)
  }
})
