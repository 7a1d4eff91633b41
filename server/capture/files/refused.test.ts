import { deflateSync, gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { codeOf, memoryReader } from './testkit/fixtures.ts'
import { probeAudio } from './probe.ts'
import { defaultAudioLimits } from './types.ts'

const tools = { limits: defaultAudioLimits, ffmpeg: null }
const code = (bytes: Buffer, type?: string) => codeOf(probeAudio(memoryReader(bytes), tools, type))
const text = Buffer.from('Dear customer, this is certainly not a recording.\n'.repeat(100))

describe('what is not audio', () => {
  it.each([
    ['text', text],
    ['a program', Buffer.concat([Buffer.from('\x7fELF\x02\x01\x01\0', 'latin1'), Buffer.alloc(5000)])],
    ['a ZIP archive', Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), deflateSync(text)])],
    ['a PNG image, whatever its name', Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(5000)])],
    ['a gzip archive', gzipSync(text)],
    ['an AVI film', Buffer.from('RIFF\0\0\0\0AVI LIST', 'latin1')],
    ['a web page', Buffer.from('<!doctype html><title>x</title>')],
    ['zeros', Buffer.alloc(100_000)],
    ['one byte', Buffer.from([0xff])],
    ['two sync bytes', Buffer.from([0xff, 0xfb])],
  ])('%s', async (_, bytes) => {
    expect(await code(bytes)).toBe('audio_not_audio')
  })

  it('stays refused when its declared type says audio', async () => {
    expect(await code(text, 'audio/wav')).toBe('audio_not_audio')
    expect(await code(text, 'audio/G729')).toBe('audio_not_audio')
  })
})

describe('known but unsupported', () => {
  it.each([
    ['Matroska', Buffer.from('\x1aE\xdf\xa3aaaaaaaa', 'latin1')],
    ['AIFF', Buffer.from('FORM\0\0\0\0AIFF', 'latin1')],
    ['big-endian WAV', Buffer.from('RIFX\0\0\0\0WAVE', 'latin1')],
    ['AMR with two channels', Buffer.from('#!AMR_MC1.0\n\0\0\0\x02', 'latin1')],
  ])('%s', async (_, bytes) => {
    expect(await code(bytes)).toBe('audio_codec_unsupported')
  })

  it('G.729 is believed by its declared type and needs ffmpeg', async () => {
    const frames = Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 37 + 11) & 0x7f))
    frames[0] = 0x90
    expect(await code(frames)).toBe('audio_not_audio')
    expect(await code(frames, 'audio/G729')).toBe('audio_needs_ffmpeg')
    expect(await code(frames.subarray(0, 497), 'audio/G729')).toBe('audio_truncated')
  })
})
