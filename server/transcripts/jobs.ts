/** `transcribe`: what was said in a call is written down; `understand`: what is written down is read for its meaning. */
export type TranscriptJobs = { transcribe: { callId: string }; understand: Record<string, never> }
