import fc from 'fast-check'

/** Whatever a network does to packets (`Impairments`). */
export const network = fc.record({
  seed: fc.nat(),
  loss: fc.constantFrom(0, 0.05, 0.3),
  burst: fc.integer({ min: 0, max: 20 }),
  reorder: fc.constantFrom(0, 0.1),
  duplicates: fc.constantFrom(0, 0.1),
  jitterMs: fc.integer({ min: 0, max: 40 }),
  startMs: fc.integer({ min: 0, max: 3000 }),
})
