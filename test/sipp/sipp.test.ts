import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startServer, type RunningServer } from '../../server/capture/protocols/siprec/testkit/running.ts'
import { pattern } from '../../server/capture/testkit/client.ts'
import { scenario, type ScenarioLine, type Step } from './parts.ts'

const run = promisify(execFile)
const legs = (a: ScenarioLine['direction'] = 'sendonly', b: ScenarioLine['direction'] = 'sendonly'): ScenarioLine[] => [
  { label: 'a_leg', direction: a, pt: 0 },
  { label: 'b_leg', direction: b, pt: 8 },
]
/** 1 s of G.711 that looks like nothing else. */
const caller = pattern(11, 8000)
const agent = pattern(12, 8000)

let folder = ''
let server: RunningServer

beforeAll(async () => {
  await run('sipp', ['-v']).catch((e: NodeJS.ErrnoException) => {
    if (e.code === 'ENOENT')
      throw new Error('sipp is missing: install it with `apt-get install sip-tester` (Debian, Ubuntu).')
  })
  folder = mkdtempSync(join(tmpdir(), 'sipp-'))
  writeFileSync(join(folder, 'caller.ulaw'), caller)
  writeFileSync(join(folder, 'agent.alaw'), agent)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))
beforeEach(async () => {
  server = await startServer({ agentPatterns: [{ domain: 'agents.example' }] })
})
afterEach(() => server.stop())

/** Runs a scenario; throws with sipp's own error log when a call failed. */
async function sipp(transport: 'udp' | 'tcp', steps: readonly Step[], calls = 1): Promise<void> {
  writeFileSync(join(folder, 'scenario.xml'), scenario('recording client', steps))
  const args = [
    `127.0.0.1:${server.port(transport)}`,
    '-sf',
    'scenario.xml',
    '-m',
    String(calls),
    '-r',
    '10',
    '-i',
    '127.0.0.1',
    '-mi',
    '127.0.0.1',
    '-t',
    transport === 'udp' ? 'u1' : 't1',
    '-nostdin',
    '-timeout',
    '30s',
    '-timeout_error',
    '-trace_err',
    '-error_file',
    'errors.log',
    '-mp',
    '27000',
  ]
  await run('sipp', args, { cwd: folder }).catch((e: Error & { code?: number; stderr?: string }) => {
    throw new Error(`sipp ended with ${String(e.code)}: ${readLog(join(folder, 'errors.log'))} ${e.stderr ?? ''}`)
  })
}

function readLog(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return 'no error log'
  }
}

const played = (file: string, pt: 0 | 8): Step => ({ play: file, pt, ms: 1200 })

describe.each(['udp', 'tcp'] as const)('sipp over %s', (transport) => {
  it('a call of two legs: parties, byte-exact media, hang-up', async () => {
    await sipp(transport, [
      { invite: legs(), name: 'Rossi' },
      played('caller.ulaw', 0),
      { options: true },
      { bye: true },
    ])
    await server.ends()
    const { announcement, legs: recorded, ended } = server.desk.call()
    expect(ended).toBe('hangup')
    expect(announcement.parties).toEqual([
      { role: 'customer', address: 'sip:+390612345678@pstn.example', name: 'Rossi' },
      { role: 'agent', address: 'sip:201@agents.example', name: undefined },
    ])
    expect([...recorded].map(([label, { facts }]) => [label, facts.role, facts.format.codec])).toEqual([
      ['a_leg', 'customer', 'PCMU'],
      ['b_leg', 'agent', 'PCMA'],
    ])
    expect(server.leg('a_leg').bytes()).toEqual(caller)
  })

  it('hold and resume by re-INVITE, then one line after two', async () => {
    await sipp(transport, [
      { invite: legs(), name: 'Rossi' },
      { invite: legs('inactive') },
      { invite: legs() },
      played('caller.ulaw', 0),
      { invite: legs().slice(1) },
      played('agent.alaw', 8),
      { bye: true },
    ])
    await server.ends()
    expect(server.leg('a_leg').holds).toEqual([true, false])
    expect(server.leg('a_leg').ended).toBe(true)
    expect(server.leg('a_leg').bytes()).toEqual(caller)
    expect(server.leg('b_leg').bytes()).toEqual(agent)
  })

  it('new metadata by UPDATE', async () => {
    await sipp(transport, [{ invite: legs(), name: 'Rossi' }, { update: 'Bianchi' }, { bye: true }])
    await server.ends()
    expect(server.desk.call().updates.map(({ parties }) => parties?.[0]?.name)).toEqual(['Bianchi'])
  })

  it('twenty calls at ten a second, every byte of each', async () => {
    await sipp(transport, [{ invite: legs(), name: 'Rossi' }, played('caller.ulaw', 0), { bye: true }], 20)
    await server.desk.until(
      () => server.desk.calls.length === 20 && server.desk.calls.every(({ ended }) => ended !== null),
      'twenty ends',
    )
    for (const call of server.desk.calls) expect(call.leg('a_leg').bytes()).toEqual(caller)
  })
})
