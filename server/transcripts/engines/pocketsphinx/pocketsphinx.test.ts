import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { silentLog } from '../../../platform/log.ts'
import { liveFromBatch } from '../live/from-batch.ts'
import { describeEngine } from '../testkit/suite.ts'
import { openVad } from '../vad/detector.ts'
import { energyDetector } from '../vad/energy.ts'
import { implausible } from '../words.ts'
import { openPocketSphinx } from './index.ts'
import { parseSphinx } from './parse.ts'

const PRINTED = `good morning the desk
<s> 0.000 0.150 0.999000
good 0.160 0.430 0.999100
morning(2) 0.440 1.040 1.000100
<sil> 1.050 1.070 0.506526
the 1.500 1.580 3.5e-05
[NOISE] 1.590 1.700 0.5
desk 2.130 2.570 0.040714
</s> 4.300 4.340 1.000000

yes
yes 5.000 5.250 0.9
`

describe('what PocketSphinx prints', () => {
  it('becomes utterances of words, without silences and noises', () => {
    const [first, second, ...more] = parseSphinx(PRINTED)
    expect(first?.text).toBe('good morning the desk')
    expect(first?.words[1]).toEqual({ text: 'morning', startMs: 440, endMs: 1040, confidence: 1 })
    expect(first?.words[2]?.confidence).toBeCloseTo(3.5e-5)
    expect([first?.startMs, first?.endMs, first?.timing]).toEqual([160, 2570, 'word'])
    expect([second?.text, second?.startMs]).toEqual(['yes', 5000])
    expect(more).toEqual([])
  })

  it('may be anything without doing harm', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        for (const utterance of parseSphinx(text)) expect(utterance.words.length).toBeGreaterThan(0)
      }),
    )
    expect(implausible(parseSphinx('a 2.000 1.000 0.5'), 5000)).toMatch(/backwards/)
  })
})

it('a machine without the program says how to install it', async () => {
  await expect(openPocketSphinx({ program: 'no-such-program' })).rejects.toMatchObject({
    code: 'engine_program_missing',
    message: expect.stringContaining('apt-get install -y pocketsphinx pocketsphinx-en-us'),
  })
})

const found = (process.env['PATH'] ?? '')
  .split(delimiter)
  .some((folder) => existsSync(join(folder, 'pocketsphinx_continuous')))

describe.skipIf(!found)('with the program', () => {
  describeEngine({
    name: 'pocketsphinx',
    language: 'en',
    timing: 'word',
    batch: () => openPocketSphinx(),
    live: async () =>
      liveFromBatch(
        await openPocketSphinx(),
        openVad({ detector: energyDetector, spare: energyDetector, log: silentLog }),
      ),
  })
})
