/** The part of sherpa-onnx-node that is used here. */
declare module 'sherpa-onnx-node' {
  type Waveform = { samples: Float32Array; sampleRate: number }
  type Result = {
    text: string
    tokens?: string[]
    timestamps?: number[]
    durations?: number[]
    ys_log_probs?: number[]
    ys_probs?: number[]
    lang?: string
  }
  class OfflineStream {
    acceptWaveform(waveform: Waveform): void
    setOption(key: string, value: string): void
  }
  class OfflineRecognizer {
    constructor(config: object)
    createStream(): OfflineStream
    setConfig(config: object): void
    decode(stream: OfflineStream): void
    getResult(stream: OfflineStream): Result
  }
  class OnlineStream {
    acceptWaveform(waveform: Waveform): void
    inputFinished(): void
    setOption(key: string, value: string): void
  }
  class OnlineRecognizer {
    constructor(config: object)
    createStream(): OnlineStream
    isReady(stream: OnlineStream): boolean
    decode(stream: OnlineStream): void
    decodeStreams(streams: OnlineStream[]): void
    getResult(stream: OnlineStream): Result
  }
  class Vad {
    constructor(config: object, bufferSeconds: number)
    acceptWaveform(samples: Float32Array): void
    isDetected(): boolean
    isEmpty(): boolean
    clear(): void
    reset(): void
  }
  const sherpa: {
    OfflineRecognizer: typeof OfflineRecognizer
    OnlineRecognizer: typeof OnlineRecognizer
    Vad: typeof Vad
    version: string
  }
  export { OfflineStream, OfflineRecognizer, OnlineStream, OnlineRecognizer, Vad, Result }
  export default sherpa
}
