import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { fakeDesk } from '../../testkit/desk.ts'
import { listenSiprec } from './server.ts'
import { selfSigned } from './testkit/certificate.ts'
import { chunk, startServer, testDeps, testSettings, type RunningServer } from './testkit/running.ts'

const { cert, key } = selfSigned()
let folder = ''
let files: { cert: string; key: string }
let server: RunningServer | undefined

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'siprec-tls-'))
  files = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  writeFileSync(files.cert, cert)
  writeFileSync(files.key, key)
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(async () => {
  await server?.stop()
  server = undefined
})

it('records a session over TLS, and hangs up over the same connection', async () => {
  server = await startServer({ tls: files })
  const call = await (await server.simulator('tls', { ca: Buffer.from(cert) })).call()
  expect(call.remoteTarget).toMatch(/^sip:verbale@127\.0\.0\.1:\d+;transport=tls$/)
  call.senders[0]?.send(chunk(1))
  await server.arrives('1', chunk(1))
  server.desk.call().commands.disconnect?.('shutdown')
  await call.hungUp()
  expect(server.desk.call().ended).toBe('disconnect')
})

it('gives strangers and plain text no handshake', async () => {
  server = await startServer({ tls: files, allow: ['10.0.0.0/8'] })
  const socket = connect(server.port('tls'), '127.0.0.1').on('error', () => undefined)
  await once(socket, 'close')
  await server.stop()
  server = await startServer({ tls: files })
  const plain = connect(server.port('tls'), '127.0.0.1').on('error', () => undefined)
  plain.write('OPTIONS sip:x SIP/2.0\r\n\r\n')
  await once(plain.resume(), 'close')
  expect(server.desk.calls).toEqual([])
})

it('says what is wrong with its files and ports', async () => {
  const settings = (more: Record<string, unknown>) => testDeps(fakeDesk(), testSettings(more))
  await expect(listenSiprec(settings({ tls: { cert: join(folder, 'none'), key: files.key } }))).rejects.toMatchObject({
    code: 'siprec-tls',
  })
  await expect(listenSiprec(settings({ tls: { cert: files.cert, key: files.cert } }))).rejects.toMatchObject({
    code: 'siprec-tls',
  })
  server = await startServer()
  await expect(listenSiprec(settings({ tcpPort: server.port('tcp') }))).rejects.toMatchObject({
    code: 'siprec-listen',
    params: { transport: 'tcp' },
  })
  await expect(listenSiprec(settings({ udpPort: server.port('udp') }))).rejects.toMatchObject({
    code: 'siprec-listen',
    params: { transport: 'udp' },
  })
})
