import { writeFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'
import sherpa from 'sherpa-onnx-node'
import { openDetector, type Detector } from './detect.ts'
import type { Answer, Ask, Task } from './protocol.ts'
import { openRecogniser, type Recogniser } from './recogniser.ts'

/**
 * The engine's own process, started by `supervisor.ts`: native code that can block and exit must not be where calls are
 * recorded. It ends with its parent.
 */

let recogniser: Recogniser | null = null
let detector: Detector | null = null
let stepping = false

const say = (answer: Answer): void => void process.send?.(answer)
const why = (e: unknown): string => (e instanceof Error ? e.message : String(e))

function load(task: Task): void {
  yieldToRecorder()
  try {
    if (task.run === 'recogniser') recogniser = openRecogniser(task)
    else detector = openDetector(task)
    say({ say: 'loaded', version: sherpa.version })
  } catch (e) {
    say({ say: 'unusable', why: why(e) })
  }
}

/** Recording comes first: this process waits for the processor, and is the first to go when memory is short. */
function yieldToRecorder(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL)
    writeFileSync('/proc/self/oom_score_adj', '800')
  } catch {
    // Not on this system.
  }
}

function step(): void {
  stepping = false
  const more = recogniser?.live?.step(
    (id, samples, raw) => say({ say: 'heard', id, samples, raw }),
    (id, raw) => say({ say: 'done', id, raw, rss: process.memoryUsage.rss() }),
  )
  if (more) stepSoon()
}

/** Lets messages in between two steps. */
function stepSoon(): void {
  if (stepping) return
  stepping = true
  setImmediate(step)
}

function answer(ask: Ask): void {
  switch (ask.ask) {
    case 'load':
      return load(ask.task)
    case 'transcribe': {
      const raw = recogniser?.transcribe(ask.samples, ask.rate, ask.language)
      if (raw) say({ say: 'done', id: ask.id, raw, rss: process.memoryUsage.rss() })
      return
    }
    case 'open':
      detector?.open(ask.id, ask.rate)
      recogniser?.live?.open(ask.id, ask.rate, ask.language)
      return
    case 'push':
      if (detector)
        say({ say: 'frames', id: ask.id, samples: ask.samples.length, speech: detector.push(ask.id, ask.samples) })
      recogniser?.live?.push(ask.id, ask.samples)
      return stepSoon()
    case 'finish':
      return finish(ask.id)
    case 'close':
      detector?.close(ask.id)
      recogniser?.live?.close(ask.id)
  }
}

function finish(id: number): void {
  if (!detector) {
    recogniser?.live?.finish(id)
    return stepSoon()
  }
  say({ say: 'frames', id, samples: 0, speech: detector.finish(id) })
  detector.close(id)
  say({
    say: 'done',
    id,
    raw: { text: '', tokens: [], timestamps: [], durations: [], logProbs: [], language: '' },
    rss: process.memoryUsage.rss(),
  })
}

process.on('message', (ask: Ask) => {
  try {
    answer(ask)
  } catch (e) {
    if ('id' in ask) say({ say: 'failed', id: ask.id, why: why(e) })
    else throw e
  }
})
process.on('disconnect', () => process.exit(0))
