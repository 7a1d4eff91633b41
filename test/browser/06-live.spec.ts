import { expect, type Page } from '@playwright/test'
import { metadata } from '../../server/capture/protocols/siprec/testkit/messages.ts'
import { SrcSimulator } from '../../server/capture/protocols/siprec/testkit/src-simulator.ts'
import { api, keep, pageOf, t, test, until } from './kit.ts'
import { barriers, picture } from './looks.ts'
import { callPage, decoded, frame, listen, playsInBrowser, sending } from './media.ts'

const people = [
  { aor: 'sip:+39021234567@carrier.example.test', name: 'Carla Neri' },
  { aor: 'sip:201@pbx.example.test' },
]

async function siprecPort(page: Page): Promise<number> {
  const { items } = await api(page, 'GET /sources')
  const address = items.find((s) => s.protocol === 'siprec')?.addresses.find((a) => a.includes('tcp'))
  return Number(/:(\d+)\D*$/.exec(address ?? '')?.[1])
}

test('a SIPREC call appears, the agent pauses it, it resumes by itself, and the gap is told', async ({ browser }) => {
  const admin = await pageOf(browser, 'admin')
  const agent = await pageOf(browser, 'agent')
  await admin.goto('/calls')
  await agent.goto('/my-call')
  await expect(agent.getByText(t('agent.none'))).toBeVisible()
  const server = { host: '127.0.0.1', port: await siprecPort(admin) }
  const simulator = await SrcSimulator.open({ server, transport: 'tcp' })
  const call = await simulator.call({ metadata: metadata(people, ['1', '2']) })
  const media = sending((index) => {
    call.senders[0]?.send(frame(index, 330))
    call.senders[1]?.send(frame(index, 220))
  })

  const status = agent.getByRole('status').filter({ hasText: t('calls.status.recording') })
  await expect(status).toBeVisible()
  await expect(admin.getByRole('row').filter({ hasText: 'Bruno Conti' }).first()).toContainText(
    t('calls.status.recording'),
  )
  const { id } = await until('the live call', async () => (await api(agent, 'GET /live/calls')).items[0])
  keep({ callId: id })
  expect.soft(await barriers(agent), 'a call in progress').toEqual([])
  await picture(agent, 'live 1280')

  await agent.getByRole('button', { name: t('agent.action.pause') }).click()
  await expect(agent.getByText(new RegExp(t('agent.pausedFor', { time: '\\d+:\\d\\d' })))).toBeVisible()
  await expect(agent.getByText(new RegExp(t('agent.resumesIn', { time: '0:0\\d' })))).toBeVisible()
  await expect(agent.getByRole('button', { name: t('agent.action.resume') })).toBeVisible()
  expect.soft(await barriers(agent), 'a pause').toEqual([])
  await picture(agent, 'paused 1280')
  await expect(status).toBeVisible()
  await agent.getByRole('button', { name: t('agent.action.difficult') }).click()
  await expect(agent.getByRole('button', { name: t('agent.action.not_difficult') })).toBeVisible()
  await media.stop()
  await call.bye()
  simulator.close()
  await expect(agent.getByText(t('agent.none'))).toBeVisible()

  const page = await callPage(browser, 'admin', id)
  await listen(page, 'evidence', 'contestazione del cliente')
  const sound = await decoded(page)
  expect(sound.duration).toBeGreaterThan(4)
  for (const level of sound.loudness) expect(level).toBeGreaterThan(0.01)
  await playsInBrowser(page)
  await picture(page, 'player 1280')
  const player = page.getByRole('region', { name: t('calls.player') })
  await expect(player.getByTitle(t('calls.gap.paused')).first()).toBeVisible()
  const gaps = page.getByRole('region', { name: t('calls.gaps') })
  await expect(gaps.getByRole('rowheader', { name: t('calls.gap.paused') })).toHaveCount(2)
  const events = page.getByRole('region', { name: t('calls.marks') })
  await expect(events).toContainText(t('calls.byWhom.timer'))
  await expect(page.getByText(t('calls.difficult')).first()).toBeVisible()
})
