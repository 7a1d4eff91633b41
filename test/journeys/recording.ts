import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from './server.ts'
import { settled } from './steps.ts'
import { muLawWav } from './wav.ts'

/** Sends a recording as a program does; returns the id of its upload. Throws what the server answers. */
export async function sendRecording(who: Client, facts: object, audio: Buffer): Promise<string> {
  const form = new FormData()
  form.set('facts', JSON.stringify(facts))
  form.set('audio', new Blob([new Uint8Array(audio)]), 'chiamata.wav')
  const response = await who.fetch('/api/v1/calls', { method: 'POST', body: form })
  if (!response.ok) throw new Error(await response.text())
  const { upload } = (await response.json()) as { upload: { id: string } }
  return upload.id
}

/** A call of `seconds` from a file, or of this file, once all its renditions are made. Returns its id. */
export async function addRecording(who: Client, facts: object, audio: number | Buffer = 2): Promise<string> {
  const uploadId = await sendRecording(who, facts, typeof audio === 'number' ? muLawWav(audio) : audio)
  for (;;) {
    const { callId } = await who.api('GET /uploads/:uploadId', { params: { uploadId } })
    if (callId) return (await settled(who, callId)).id
    await sleep(50)
  }
}
