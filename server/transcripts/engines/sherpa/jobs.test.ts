import { afterEach, describe, expect, it, vi } from 'vitest'
import { silentLog } from '../../../platform/log.ts'
import { isProblem } from '../../../platform/problem.ts'
import { isLasting } from '../problems.ts'
import { implausible, utteranceOf } from '../words.ts'
import { openJobs, type Jobs } from './jobs.ts'
import { PROCESS_LIMITS } from './supervisor.ts'

const entry = new URL('../testkit/faulty-worker.ts', import.meta.url)
const opened: Jobs[] = []

function open(tokens = 'tokens.txt', limits = {}): Jobs {
  const jobs = openJobs({
    where: 'The engine of the test',
    task: { run: 'recogniser', kind: 'nemo-ctc', files: { tokens }, threads: 1 },
    limits: { ...PROCESS_LIMITS, firstWaitMs: 1, longestWaitMs: 4, ...limits },
    log: silentLog,
    entry,
  })
  opened.push(jobs)
  return jobs
}

/** The text, or the code of what went wrong. */
const ask = (jobs: Jobs, fault: number): Promise<string> =>
  jobs
    .run({ samples: new Int16Array(16_000).fill(fault), rate: 16_000 }, 'it', (raw) => {
      const heard = utteranceOf(raw, 1000, 'it')
      return heard && implausible([heard], 1000)
    })
    .then(
      (raw) => raw.text,
      (e: unknown) => (isProblem(e) ? e.code : String(e)),
    )

afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()))
})

describe('an engine that fails', () => {
  it('on one segment twice refuses that segment and does the others', async () => {
    const jobs = open()
    const answers = await Promise.all([ask(jobs, 7), ask(jobs, 1), ask(jobs, 8)])
    expect(answers).toEqual(['a 7', 'engine_job_refused', 'a 8'])
  })

  it('by nonsense is replaced, and the segment refused after the second try', async () => {
    const jobs = open()
    await jobs.ready()
    const before = jobs.pid()
    const refusal = await jobs
      .run({ samples: new Int16Array(100).fill(3), rate: 16_000 }, null, () => 'times that run backwards')
      .catch((e: unknown) => e)
    expect(isLasting(refusal)).toBe(true)
    expect(String(refusal)).toMatch(/failed twice .*times that run backwards/)
    expect(await ask(jobs, 9)).toBe('a 9')
    expect(jobs.pid()).not.toBe(before)
    expect(await ask(jobs, 3)).toBe('engine_job_refused')
  })

  it('by silence is ended by the watchdog', async () => {
    const jobs = open('tokens.txt', { answerMs: 300, answerFactor: 0.1 })
    expect(await ask(jobs, 2)).toBe('engine_job_refused')
    expect(await open().ready()).not.toBe('')
    expect(jobs.pid()).not.toBe(process.pid)
  })

  it('by stopping (SIGSTOP) is ended, and the segment is done by the next process', async () => {
    const jobs = open('tokens.txt', { answerMs: 1500, answerFactor: 0.1 })
    await jobs.ready()
    process.kill(jobs.pid()!, 'SIGSTOP')
    expect(await ask(jobs, 7)).toBe('a 7')
  })

  it('while loading says what its program said last', async () => {
    const failure = await open('exit')
      .ready()
      .catch((e: unknown) => e)
    expect(isProblem(failure) && failure.code).toBe('engine_model_unusable')
    expect(String(failure)).toContain('exit code 255: this model is for another machine')
  })

  it('by growing is replaced after its answer, without a wait', async () => {
    const jobs = open()
    const first = await jobs.ready()
    expect(await ask(jobs, 5)).toBe('a 5')
    expect(await ask(jobs, 6)).toBe('a 6')
    expect(await jobs.ready()).not.toBe(first)
  })

  it('to be needed gives its memory back, and starts again with the next job', async () => {
    const jobs = open('tokens.txt', { idleMs: 20 })
    const first = await jobs.ready()
    expect(await ask(jobs, 7)).toBe('a 7')
    await vi.waitFor(() => expect(jobs.pid()).toBeNull(), { timeout: 15_000 })
    expect(await ask(jobs, 8)).toBe('a 8')
    expect(await jobs.ready()).not.toBe(first)
  })

  it('and is closed meanwhile answers that it is closed', async () => {
    const jobs = open()
    await jobs.ready()
    const answer = ask(jobs, 2)
    await new Promise((resolve) => setImmediate(resolve))
    await jobs.close()
    expect(await answer).toBe('engine_closed')
    expect(await ask(jobs, 7)).toBe('engine_closed')
  })
})
