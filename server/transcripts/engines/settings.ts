import { z } from 'zod'

const language = z.string().regex(/^[a-z]{2,3}$/, 'a language such as it, fr or en')
const languages = z.array(language).min(1)
const model = z.string().min(1).max(200)
const http = z.url({ protocol: /^https?$/ })
const socket = z.url({ protocol: /^wss?$/ })

/**
 * Settings of the speech engines, for `server/config.ts`: `secret` and `path` are its schemas for a secret and for a path.
 */
export const engineSettings = (secret: z.ZodType<string, unknown>, path: z.ZodType<string, string>) =>
  z.strictObject({
    /** Speech models; default: `models` in the data folder. */
    modelsDir: path.optional(),
    /** Threads of each model's process. */
    threads: z.int().min(1).max(64).default(1),
    /** A model's process that has grown beyond is replaced between two jobs. */
    maxMemoryMb: z.int().min(200).max(1_000_000).default(6000),
    /** How often the models folder is looked at. */
    lookSeconds: z.number().min(0.05).max(3600).default(15),
    /** Silero; without it loudness alone says what is speech. */
    detector: z.enum(['silero', 'energy']).default('silero'),
    /** PocketSphinx for English: to try the product out, not for real calls. */
    demo: z.boolean().default(false),
    /** Speech servers, tried in this order before models of our own. */
    servers: z
      .array(
        z.discriminatedUnion('engine', [
          z.strictObject({
            engine: z.literal('openai-http'),
            /** The whole address, such as http://gpu:8000/v1/audio/transcriptions. */
            url: http,
            model,
            languages,
            key: secret.optional(),
            timeoutSeconds: z.number().positive().max(600).default(60),
            /** Captions too: the open segment is sent again each second. */
            live: z.boolean().default(false),
          }),
          z.strictObject({
            engine: z.literal('openai-realtime'),
            url: socket,
            model,
            languages,
            key: secret.optional(),
            dialect: z.enum(['openai', 'vllm']).default('openai'),
          }),
          z.strictObject({ engine: z.literal('vosk'), url: socket, model, languages: languages.max(1) }),
        ]),
      )
      .default([]),
  })

export type EngineSettings = z.infer<ReturnType<typeof engineSettings>>
export type ServerSettings = EngineSettings['servers'][number]
