import { Problem, isProblem } from '../../platform/problem.ts'
import { MAX_SEGMENT_MS, type Audio } from './ports.ts'

/** What goes wrong with engines. `where` names the engine, never the call. */

export const closed = (where: string): Problem =>
  new Problem('engine_closed', 503, `${where} is closed: the server is stopping or its settings have changed.`)

export const stopped = (where: string, why: string): Problem =>
  new Problem('engine_stopped', 503, `${where} stopped (${why}); it starts again by itself.`)

export const refusedJob = (where: string, why: string): Problem =>
  new Problem(
    'engine_job_refused',
    422,
    `${where} failed twice on this segment (${why}): it is left out. Listen to it, or try another engine.`,
  )

export const unusableModel = (where: string, why: string): Problem =>
  new Problem(
    'engine_model_unusable',
    500,
    `${where} could not be loaded (${why}). Remove the model and add it again, or choose another.`,
  )

export const missingProgram = (program: string, install: string): Problem =>
  new Problem('engine_program_missing', 500, `The program ${program} is not installed: ${install}.`)

export const tooSlow = (where: string, seconds: number): Problem =>
  new Problem('engine_timeout', 504, `${where} did not answer within ${seconds} s. Give it a faster machine or model.`)

export const unreachable = (where: string, why: string): Problem =>
  new Problem('engine_unreachable', 503, `${where} cannot be reached (${why}). Check its address and that it runs.`)

export const rejected = (where: string, status: number): Problem =>
  new Problem('engine_rejected', 502, `${where} refuses with status ${status}. Check address, key and model name.`)

export const unreadable = (where: string, why: string): Problem =>
  new Problem('engine_answer_unreadable', 502, `${where} answers what cannot be read (${why}). Check its version.`)

export const behind = (where: string): Problem =>
  new Problem(
    'engine_behind',
    503,
    `${where} is too far behind: this speech has no captions, the transcript will have it.`,
  )

export const unheard = (where: string): Problem =>
  new Problem('engine_language_unsupported', 422, `${where} was not made for this language: choose another engine.`)

const LASTING = new Set(['engine_job_refused', 'engine_audio_too_long', 'engine_language_unsupported'])

/** Whether trying the same job again on the same engine is of no use. */
export const isLasting = (e: unknown): boolean => isProblem(e) && LASTING.has(e.code)

export const durationMs = ({ samples, rate }: Audio): number => (samples.length * 1000) / rate

/** @throws Problem `engine_audio_too_long` */
export function checkLength(audio: Audio): void {
  const ms = durationMs(audio)
  // What the last frame of a detector and a resampler add is let through.
  if (ms > MAX_SEGMENT_MS + 500)
    throw new Problem(
      'engine_audio_too_long',
      413,
      `A segment may last ${MAX_SEGMENT_MS / 1000} s, this one has ${Math.round(ms / 1000)} s: cut it at pauses first.`,
    )
}
