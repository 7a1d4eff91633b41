import { z } from 'zod'

/** Settings of the search by meaning, for `server/config.ts`: `secret` is its schema for a secret. */
export const meaningSettings = (secret: z.ZodType<string, unknown>) =>
  z.strictObject({
    /** The whole address, such as http://gpu:8080/v1/embeddings. Redacted text is sent to it. */
    url: z.url({ protocol: /^https?$/ }),
    model: z.string().min(1).max(200),
    key: secret.optional(),
    timeoutSeconds: z.number().positive().max(600).default(30),
    /** Turns sent at once. */
    batch: z.int().min(1).max(2048).default(32),
  })

export type MeaningSettings = z.infer<ReturnType<typeof meaningSettings>>
