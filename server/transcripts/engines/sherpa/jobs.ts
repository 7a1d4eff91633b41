import type { Logger } from '../../../platform/log.ts'
import { Problem } from '../../../platform/problem.ts'
import { closed, durationMs, refusedJob, stopped, tooSlow } from '../problems.ts'
import type { Audio } from '../ports.ts'
import type { Raw } from '../words.ts'
import type { Answer, Task } from './protocol.ts'
import { supervise, type EngineProcess, type ProcessLimits } from './supervisor.ts'

export type JobsSetup = { where: string; task: Task; limits: ProcessLimits; log: Logger; entry?: URL }

/** Segments through one engine process, one after the other. */
export type Jobs = {
  /** Starts the process. @throws Problem `engine_model_unusable` */
  ready(): Promise<string>
  /**
   * Tries a second time when the first try ended the process, hung, or when `check` finds fault with the answer (and says
   * why); refuses the segment after that.
   * @throws Problem `engine_job_refused`, `engine_stopped`, `engine_closed`, `engine_model_unusable`
   */
  run(audio: Audio, language: string | null, check: (raw: Raw) => string | null): Promise<Raw>
  pid: () => number | null
  close: () => Promise<void>
}

type Waiting = { id: number; resolve(raw: Raw): void; reject(problem: Problem): void }

export function openJobs(setup: JobsSetup): Jobs {
  const { where, limits } = setup
  let waiting: Waiting | null = null
  let serial = 0
  let isClosed = false
  /** The job before: one at a time, in order. */
  let turn: Promise<unknown> = Promise.resolve()

  let idle: NodeJS.Timeout | undefined
  let jobs = 0

  /** A model that nobody uses gives its memory back. */
  const rest = (): void => {
    if (jobs > 0) return
    idle = setTimeout(() => child.renew(), limits.idleMs)
    idle.unref()
  }
  const settle = (how: (job: Waiting) => void): void => {
    const job = waiting
    waiting = null
    if (job) how(job)
  }
  const child: EngineProcess = supervise({
    ...setup,
    onAnswer(answer: Answer) {
      if (!('id' in answer) || answer.id !== waiting?.id) return
      if (answer.say === 'failed') settle((job) => job.reject(stopped(where, answer.why)))
      if (answer.say !== 'done') return
      settle((job) => job.resolve(answer.raw))
      if (answer.rss > limits.rssBytes) child.renew()
    },
    onEnd: (problem) => settle((job) => job.reject(problem)),
  })

  const attempt = async (audio: Audio, language: string | null): Promise<Raw> => {
    await child.ready()
    const id = ++serial
    const patience = limits.answerMs + durationMs(audio) * limits.answerFactor
    const answer = new Promise<Raw>((resolve, reject) => {
      waiting = { id, resolve, reject }
      child.send({ ask: 'transcribe', id, ...audio, language })
    })
    const timer = setTimeout(() => {
      settle((job) => job.reject(tooSlow(where, Math.round(patience / 1000))))
      child.kill('no answer in time')
    }, patience)
    return answer.finally(() => clearTimeout(timer))
  }
  const twice = async (audio: Audio, language: string | null, check: (raw: Raw) => string | null): Promise<Raw> => {
    let why = ''
    for (let tries = 0; tries < 2; tries++) {
      if (isClosed) throw closed(where)
      try {
        const raw = await attempt(audio, language)
        const fault = check(raw)
        if (fault === null) {
          child.worked()
          return raw
        }
        why = fault
        child.kill(fault)
      } catch (e) {
        if (!(e instanceof Problem) || !['engine_stopped', 'engine_timeout'].includes(e.code)) throw e
        why = e.code === 'engine_timeout' ? 'no answer in time' : e.message
      }
    }
    if (isClosed) throw closed(where)
    throw refusedJob(where, why)
  }
  return {
    ready: () => child.ready(),
    run(audio, language, check) {
      clearTimeout(idle)
      jobs++
      const mine = turn.then(() => twice(audio, language, check))
      turn = mine
        .catch(() => {})
        .then(() => {
          jobs--
          rest()
        })
      return mine
    },
    pid: () => child.pid(),
    async close() {
      isClosed = true
      clearTimeout(idle)
      settle((job) => job.reject(closed(where)))
      await child.close()
    },
  }
}
