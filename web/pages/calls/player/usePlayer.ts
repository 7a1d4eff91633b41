import { type RefObject, useEffect, useRef, useState } from 'react'

export const speeds = [0.5, 0.75, 1, 1.25, 1.5, 2] as const

export type Player = {
  playing: boolean
  atMs: number
  speed: number
  volumes: number[]
  failed: boolean
  toggle: () => void
  seek: (ms: number) => void
  playFrom: (ms: number) => void
  setSpeed: (speed: number) => void
  /** Volume of a channel, 0..1. */
  setVolume: (channel: number, volume: number) => void
}

type Mixer = { context: AudioContext; gains: GainNode[] }

/** Each channel of the file through its own gain, then to both ears: two people are easier to follow in the middle. */
const mix = (audio: HTMLAudioElement, lanes: number): Mixer => {
  const context = new AudioContext()
  const source = context.createMediaElementSource(audio)
  const splitter = context.createChannelSplitter(Math.max(lanes, 1))
  source.connect(splitter)
  const gains = Array.from({ length: lanes }, (_, lane) => {
    const gain = context.createGain()
    splitter.connect(gain, lane)
    gain.connect(context.destination)
    return gain
  })
  return { context, gains }
}

/** Plays one granted recording: position, speed and a volume for each lane. */
export const usePlayer = (audio: RefObject<HTMLAudioElement | null>, lanes: number, durationMs: number): Player => {
  const mixer = useRef<Mixer | null>(null)
  const [playing, setPlaying] = useState(false)
  const [failed, setFailed] = useState(false)
  const [atMs, setAtMs] = useState(0)
  const [speed, setSpeedState] = useState(1)
  const [volumes, setVolumes] = useState<number[]>(() => Array.from({ length: lanes }, () => 1))

  useEffect(() => {
    const element = audio.current
    if (!element) return
    const end = new AbortController()
    const on = (name: string, run: () => void) => element.addEventListener(name, run, { signal: end.signal })
    on('play', () => setPlaying(true))
    on('pause', () => setPlaying(false))
    on('ended', () => setPlaying(false))
    on('error', () => setFailed(true))
    on('seeking', () => setAtMs(element.currentTime * 1000))
    on('timeupdate', () => setAtMs(element.currentTime * 1000))
    return () => {
      end.abort()
      void mixer.current?.context.close()
      mixer.current = null
    }
  }, [audio])

  useEffect(() => {
    if (!playing) return
    let frame = requestAnimationFrame(function follow() {
      if (audio.current) setAtMs(audio.current.currentTime * 1000)
      frame = requestAnimationFrame(follow)
    })
    return () => cancelAnimationFrame(frame)
  }, [audio, playing])

  const play = (element: HTMLAudioElement) => {
    // Browsers allow an audio context only after a gesture.
    mixer.current ??= mix(element, lanes)
    void mixer.current.context.resume()
    // That it was stopped before it began is no failure, nor that a browser wants another gesture.
    void element.play().catch((e: unknown) => {
      if (!(e instanceof DOMException && ['AbortError', 'NotAllowedError'].includes(e.name))) setFailed(true)
    })
  }

  const toggle = () => {
    const element = audio.current
    if (element?.paused) play(element)
    else element?.pause()
  }

  const seek = (ms: number) => {
    const element = audio.current
    if (!element) return
    const at = Math.min(Math.max(0, ms), durationMs)
    Object.assign(element, { currentTime: at / 1000 })
    setAtMs(at)
  }

  const playFrom = (ms: number) => {
    seek(ms)
    if (audio.current) play(audio.current)
  }

  const setSpeed = (next: number) => {
    if (audio.current) Object.assign(audio.current, { playbackRate: next })
    setSpeedState(next)
  }

  const setVolume = (lane: number, volume: number) => {
    if (audio.current) mixer.current ??= mix(audio.current, lanes)
    const gain = mixer.current?.gains[lane]
    gain?.gain.setValueAtTime(volume, 0)
    setVolumes((all) => all.map((v, i) => (i === lane ? volume : v)))
  }

  return { playing, atMs, speed, volumes, failed, toggle, seek, playFrom, setSpeed, setVolume }
}
