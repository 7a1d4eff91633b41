import { execFile, spawn, type ChildProcessByStdio } from 'node:child_process'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import type { StreamReader } from '../../vault/types.ts'
import { deinterleave } from './lanes.ts'
import { damaged, lengthLie, stalled, tooLong, truncated } from './problems.ts'
import { serveLoopback } from './loopback.ts'
import type { AudioLimits, AudioProbe, Ffmpeg, LaneBlock } from './types.ts'

/** Looks once for ffmpeg; null when it is missing or does not run. Never throws. */
export async function detectFfmpeg(path = 'ffmpeg'): Promise<Ffmpeg | null> {
  try {
    const { stdout } = await promisify(execFile)(path, ['-version'], { timeout: 10_000 })
    const version = /^ffmpeg version (\S+)/.exec(stdout)?.[1]
    return version ? { path, version } : null
  } catch {
    return null
  }
}

export type FfmpegJob = { reader: StreamReader; probe: AudioProbe; demuxer: string; limits: AudioLimits }

type Child = ChildProcessByStdio<null, Readable, null>

/**
 * Starts ffmpeg so that it can only read our loopback server and write to its standard output: fixed demuxer, protocols
 * limited to http over tcp, all http through our server (as its proxy), no file of any size may be written (`ulimit -f 0`),
 * no core dump, bounded memory. The key to the loopback server travels in the environment, which other users cannot read.
 */
function start(ffmpeg: Ffmpeg, job: FfmpegJob, proxy: string): Child {
  const { probe, demuxer, limits } = job
  const args = [
    '-nostdin -hide_banner -v quiet -threads 1 -protocol_whitelist http,tcp',
    `-format_whitelist ${demuxer} -f ${demuxer} -i http://audio.invalid/`,
    `-map 0:a:0 -vn -sn -dn -map_metadata -1 -t ${Math.ceil(limits.bombMs / 1000)}`,
    `-ac ${probe.lanes} -ar ${probe.lane.rate} -c:a pcm_s16le -f s16le pipe:1`,
  ].flatMap((line) => line.split(' '))
  const limit = `ulimit -c 0; ulimit -f 0; ulimit -v ${limits.ffmpegMemoryMb * 1024} 2>/dev/null; exec "$0" "$@"`
  return spawn('/bin/sh', ['-c', limit, ffmpeg.path, ...args], {
    cwd: '/',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', http_proxy: proxy },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
}

/**
 * Decodes through a separate ffmpeg process, which reads ranges of the file over a private loopback server. It is killed
 * when it says nothing for `stallMs`, gives more than the file should hold, or the consumer leaves.
 * @throws Problem `audio_damaged`, `audio_truncated`, `audio_length_lie`, `audio_too_long`, `audio_decode_stalled`
 */
export async function* decodeWithFfmpeg(job: FfmpegJob, ffmpeg: Ffmpeg): AsyncGenerator<LaneBlock, void, void> {
  const { probe, limits } = job
  const server = await serveLoopback(job.reader)
  const child = start(ffmpeg, job, server.proxy)
  const exit = new Promise<number>((resolve) => {
    child.on('error', () => resolve(-1))
    child.on('exit', (code) => resolve(code ?? -1))
  })
  const frame = 2 * probe.lanes
  let frames = 0
  let stall = false
  let timer: NodeJS.Timeout | undefined
  const watch = (): void => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      stall = true
      child.kill('SIGKILL')
    }, limits.stallMs)
  }
  try {
    watch()
    let held: Buffer = Buffer.alloc(0)
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      clearTimeout(timer)
      const bytes = held.length > 0 ? Buffer.concat([held, chunk]) : chunk
      const whole = bytes.length - (bytes.length % frame)
      held = bytes.subarray(whole)
      frames += whole / frame
      checkExcess(frames, job)
      if (whole > 0) yield* deinterleave(bytes.subarray(0, whole), 2, probe.lanes)
      watch()
    }
    const code = await exit
    if (stall) throw stalled(Math.round(limits.stallMs / 1000))
    checkEnd(frames, code, probe)
  } finally {
    clearTimeout(timer)
    child.kill('SIGKILL')
    await exit
    await server.close()
  }
}

/** Frames beyond the length the file tells, with room for encoder delay. */
function checkExcess(frames: number, { probe, limits }: FfmpegJob): void {
  const ms = (frames * 1000) / probe.lane.rate
  if (probe.durationMs > 0 && ms > probe.durationMs * 1.02 + 2000)
    throw lengthLie(`it should last ${Math.round(probe.durationMs / 1000)} s, more comes out`)
  if (ms > limits.maxMs) throw tooLong(ms, limits.maxMs)
}

function checkEnd(frames: number, code: number, probe: AudioProbe): void {
  const ms = (frames * 1000) / probe.lane.rate
  if (frames === 0 || code !== 0) throw damaged('ffmpeg could not decode it')
  if (probe.durationMs > 0 && ms < probe.durationMs * 0.98 - 500)
    throw truncated(`it should last ${Math.round(probe.durationMs / 1000)} s, ${Math.round(ms / 1000)} s come out`)
}
