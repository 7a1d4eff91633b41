import type { Answer, Ask } from '../sherpa/protocol.ts'

/**
 * An engine that speaks the protocol and fails as told by the first sample: 1 ends the process, 2 never answers, 3 gives
 * times that run backwards, 5 says it has grown too large. Anything else is answered with its number.
 */

let turns = 0
const say = (answer: Answer): void => void process.send?.(answer)

process.on('message', (ask: Ask) => {
  if (ask.ask === 'load') {
    if (ask.task.run === 'recogniser' && ask.task.files.tokens === 'exit') {
      process.stderr.write('loading\nthis model is for another machine\n', () => process.exit(255))
      return
    }
    say({ say: 'loaded', version: String(process.pid) })
  }
  if (ask.ask !== 'transcribe') return
  const [fault = 0] = ask.samples
  if (fault === 1) process.exit(3)
  if (fault === 2) for (;;) turns++
  const timestamps = fault === 3 ? [0.5, 0.2] : [0.1, 0.2]
  const raw = { text: `a ${fault}`, tokens: [' a', ` ${fault}`], timestamps, durations: [], logProbs: [], language: '' }
  say({ say: 'done', id: ask.id, raw, rss: fault === 5 ? 10 ** 12 : 1 })
})
process.on('disconnect', () => process.exit(0))
