import type { Problem } from '../../../platform/problem.ts'
import { closed } from '../problems.ts'
import type { Rate } from '../ports.ts'
import type { Answer, Ask } from './protocol.ts'
import { supervise, type EngineProcess, type ProcessSetup } from './supervisor.ts'

export type LaneEvents = {
  /** Of what the process has taken in. */
  onAnswer: (answer: Extract<Answer, { say: 'heard' | 'frames' }>) => void
  onDone: (answer: Extract<Answer, { say: 'done' }>) => void
  onFailure: (problem: Problem) => void
}

/** One stream of audio through an engine's process. */
export type Lane = {
  push: (samples: Int16Array) => void
  finish: () => void
  close: () => void
}

export type Lanes = {
  ready(): Promise<string>
  /** What is pushed before the process runs waits for it. */
  open(rate: Rate, language: string | null, events: LaneEvents): Lane
  pid: () => number | null
  close: () => Promise<void>
}

type Open = LaneEvents & {
  /** ms of audio the process has not yet taken in. */
  owed: number
  finishing: boolean
  rate: Rate
}

/** Many streams through one process, with a watchdog: a process that owes answers and gives none is ended. */
export function openLanes(setup: Omit<ProcessSetup, 'onAnswer' | 'onEnd'>): Lanes {
  const { limits, where } = setup
  const open = new Map<number, Open>()
  let serial = 0
  let timer: NodeJS.Timeout | undefined

  const child: EngineProcess = supervise({
    ...setup,
    onAnswer,
    onEnd(problem) {
      const lost = [...open.values()]
      open.clear()
      watch()
      lost.forEach((lane) => lane.onFailure(problem))
    },
  })
  const owing = (): number => [...open.values()].reduce((sum, lane) => sum + lane.owed + (lane.finishing ? 1000 : 0), 0)
  /** From now on an answer is due. Called whenever one came. */
  function watch(): void {
    clearTimeout(timer)
    timer = undefined
    const due = owing()
    if (due > 0 && child.pid() !== null) {
      const patience = limits.answerMs + due * limits.answerFactor
      timer = setTimeout(() => child.kill('no answer in time'), patience)
    }
  }
  function onAnswer(answer: Answer): void {
    if (!('id' in answer)) return
    const lane = open.get(answer.id)
    if (lane && answer.say === 'done') {
      open.delete(answer.id)
      child.worked()
      lane.onDone(answer)
    } else if (lane && (answer.say === 'heard' || answer.say === 'frames')) {
      lane.owed = Math.max(0, lane.owed - (answer.samples * 1000) / lane.rate)
      lane.onAnswer(answer)
    } else if (answer.say === 'failed') child.kill(answer.why)
    watch()
  }
  const begin = (rate: Rate, language: string | null, events: LaneEvents): Lane => {
    const id = ++serial
    open.set(id, { ...events, rate, owed: 0, finishing: false })
    const early: Ask[] = [{ ask: 'open', id, rate, language }]
    let started = false
    const send = (ask: Ask): void => {
      if (!open.has(id)) return
      if (!started) return void early.push(ask)
      child.send(ask)
      if (timer === undefined) watch()
    }
    child.ready().then(
      () => {
        started = true
        early.splice(0).forEach(send)
      },
      (problem: Problem) => {
        const lane = open.get(id)
        open.delete(id)
        lane?.onFailure(problem)
      },
    )
    return {
      push(samples) {
        const lane = open.get(id)
        if (lane) lane.owed += (samples.length * 1000) / rate
        send({ ask: 'push', id, samples })
      },
      finish() {
        const lane = open.get(id)
        if (lane) lane.finishing = true
        send({ ask: 'finish', id })
      },
      close() {
        send({ ask: 'close', id })
        open.delete(id)
        watch()
      },
    }
  }
  return {
    ready: () => child.ready(),
    open: begin,
    pid: () => child.pid(),
    async close() {
      clearTimeout(timer)
      const left = [...open.values()]
      open.clear()
      left.forEach((lane) => lane.onFailure(closed(where)))
      await child.close()
    },
  }
}
