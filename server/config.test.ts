import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { configWarnings, describeConfig, loadConfig } from './config.ts'

let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'verbale-config-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const write = (name: string, content: unknown): string => {
  const path = join(dir, name)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

test('without a file every setting has its default', () => {
  const config = loadConfig({ cwd: dir })
  expect(config).toMatchObject({
    dataDir: join(dir, 'data'),
    keystoreDir: join(dir, 'data/keystore'),
    http: { port: 8080 },
    capture: { delayMs: 300 },
    processing: { days: 7 },
    protocols: { siprec: { udpPort: 5060, rtpPorts: [20000, 29999] }, audiosocket: { port: 9092 } },
  })
  expect(configWarnings(config)[0]).toContain('epoch keys are inside the data folder')
})

test('flags win over the environment, which wins over the file', () => {
  const file = write('a.json', { http: { port: 1, host: '127.0.0.1' }, protocols: { siprec: { maxCalls: 7 } } })
  const env = {
    VERBALE_HTTP_PORT: '2',
    VERBALE_PROTOCOLS_SIPREC_RTP_PORTS: '30000-30100',
    VERBALE_PROTOCOLS_SIPREC_ALLOW: '10.1.0.0/16, 10.2.0.0/16',
  }
  expect(loadConfig({ flags: { config: file }, env }).http).toEqual({ port: 2, host: '127.0.0.1' })
  const config = loadConfig({ flags: { config: file, port: '3' }, env })
  expect(config.http.port).toBe(3)
  expect(config.protocols.siprec).toMatchObject({
    maxCalls: 7,
    rtpPorts: [30000, 30100],
    allow: ['10.1.0.0/16', '10.2.0.0/16'],
  })
})

test('paths of a file start at its folder', () => {
  const file = write('b.json', { epochKeyDir: 'keys', dataDir: '/srv/verbale' })
  const config = loadConfig({ flags: { config: file } })
  expect(config.epochKeyDir).toBe(join(dir, 'keys'))
  expect(configWarnings(config)).toEqual([])
})

test('an authority for time stamps: its roots from the folder, its secret hidden', () => {
  write('token', 'Bearer abc\n')
  const timestamp = { url: 'https://tsa.example', anchors: 'roots.pem', authorization: { file: 'token' } }
  const config = loadConfig({ flags: { config: write('stamps.json', { evidence: { timestamp } }) } })
  expect(config.evidence.timestamp).toMatchObject({
    anchors: join(dir, 'roots.pem'),
    authorization: 'Bearer abc',
    qualified: false,
    everySeconds: 60,
    alarmHours: 24,
  })
  expect(JSON.stringify(describeConfig(config))).not.toContain('abc')
  const env = { VERBALE_EVIDENCE_TIMESTAMP_URL: 'https://tsa.example' }
  expect(() => loadConfig({ cwd: dir, env })).toThrow(/evidence.timestamp.anchors/)
})

test('secrets come from files and are not shown', () => {
  write('url', 'postgres://u:p@h/db\n')
  const file = write('c.json', { database: { url: { file: 'url' } } })
  const config = loadConfig({ flags: { config: file } })
  expect(config.database.url).toBe('postgres://u:p@h/db')
  expect(JSON.stringify(describeConfig(config))).not.toContain('u:p@h')
  expect(loadConfig({ env: { VERBALE_DATABASE_URL_FILE: join(dir, 'url') } }).database.url).toBe('postgres://u:p@h/db')
  expect(loadConfig({ env: { DATABASE_URL: 'postgres://x' } }).database.url).toBe('postgres://x')
})

test.each([
  ['an unknown key', { http: { prot: 1 } }, /no setting "http\.prot"/],
  ['a wrong kind', { http: { port: 'eighty' } }, /http\.port is wrong/],
  [
    'a bad network',
    { protocols: { siprec: { allow: ['10.0.0.0/99'] } } },
    /protocols\.siprec\.allow\.0 is wrong: must be an address/,
  ],
  [
    'a missing secret file',
    { database: { url: { file: '/nowhere' } } },
    /database\.url is wrong: the secret's file cannot be read/,
  ],
  ['not JSON', '{"http": ', /damaged: it is not JSON/],
  ['not an object', '[]', /one JSON object/],
  [
    'ports the wrong way round',
    { protocols: { siprec: { rtpPorts: [9, 8] } } },
    /rtpPorts is wrong: must be a first and a higher last port/,
  ],
])('%s is one clear line', (name, content, message) => {
  const file = write(`${name}.json`, content)
  const fail = (): unknown => loadConfig({ flags: { config: file } })
  expect(fail).toThrow(message)
  expect(fail).not.toThrow(/\n/)
})

test('the environment is checked too', () => {
  expect(() => loadConfig({ env: { VERBALE_HTTP_PROT: '1' } })).toThrow(/VERBALE_HTTP_PROT is no setting/)
  expect(() => loadConfig({ env: { VERBALE_HTTP_PORT: 'x' } })).toThrow(/VERBALE_HTTP_PORT must be a number/)
  expect(() => loadConfig({ env: { VERBALE_HTTP_PORT: '70000' } })).toThrow(/VERBALE_HTTP_PORT\): http\.port is wrong/)
  expect(() => loadConfig({ flags: { config: join(dir, 'absent.json') } })).toThrow(/cannot be read/)
})
