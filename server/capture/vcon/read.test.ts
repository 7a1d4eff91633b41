import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { buildVcon, encryptVcon, parseVcon, readVcon, signVcon } from './index.ts'
import { identity } from './testkit/certificates.ts'
import { bytesOf, codeOf, sample } from './testkit/samples.ts'

const now = Date.UTC(2026, 2, 2)

describe('reading in a worker', () => {
  it('gives what parsing here gives, keys and content included', async () => {
    const signer = identity({ common: 'Signer' })
    const mine = generateKeyPairSync('rsa', { modulusLength: 2048 })
    const outside = structuredClone(buildVcon(sample)) as { dialog: Record<string, unknown>[]; uuid: string }
    delete outside.dialog[0]!['body']
    outside.dialog[0]!['url'] = 'https://example.com/a.wav'
    const jws = await signVcon(outside, { key: signer.key, x5c: [signer.certificate] })
    const bytes = bytesOf(await encryptVcon(jws, mine.publicKey, outside.uuid))
    const options = {
      now,
      keys: { decrypt: [mine.privateKey], anchors: [signer.certificate] },
      content: new Map([['https://example.com/a.wav', sample.recordings[0]!.media!]]),
    }
    const here = await parseVcon(bytes, options)
    expect(here.signatures[0]!.trusted).toBe(true)
    expect(await readVcon(bytes, options)).toEqual(here)
  })

  it('passes on every refusal, and ends when out of time or memory', async () => {
    const bytes = bytesOf(buildVcon(sample))
    expect(await codeOf(readVcon(Buffer.from('{}')))).toBe('vcon_unknown_form')
    expect(await codeOf(readVcon(bytes, { limits: { maxBytes: 10 } }))).toBe('vcon_too_large')
    expect(await codeOf(readVcon(bytes, { limits: { timeoutMs: 1 } }))).toBe('vcon_stalled')
    expect(await codeOf(readVcon(bytes, { limits: { heapMb: 1 } }))).toBe('vcon_too_large')
  })
})
