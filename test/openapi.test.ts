import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { permissions } from '../contract/permissions.ts'
import { type Key, routes } from '../contract/routes.ts'
import { createHttp } from '../server/platform/http/server.ts'
import { silentLog } from '../server/platform/log.ts'

const golden = join(import.meta.dirname, '..', 'contract', 'openapi.json')

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1)

/** The API as outsiders read it, from the same table as server and page. */
async function openapi(): Promise<string> {
  const none = new Proxy({}, { get: () => async () => null })
  const app = await createHttp(
    { log: silentLog, webDir: null, https: false },
    {
      handlers: none as never,
      authenticate: async () => null,
      csrfAllowed: () => true,
      rawScope: async () => undefined,
    },
  )
  await app.ready()
  const document = app.swagger() as { components?: { schemas?: Record<string, unknown> } }
  const { schemas = {} } = document.components ?? {}
  // Schemas come in the order in which modules were loaded, and tests of one worker share their modules.
  const components = { ...document.components, schemas: Object.fromEntries(Object.entries(schemas).toSorted(byName)) }
  const text = `${JSON.stringify({ ...document, components }, null, 2)}\n`
  await app.close()
  return text
}

test('the committed OpenAPI document is the one the routes make (`npm run golden` renews it)', async () => {
  const now = await openapi()
  if (process.env['GOLDEN'] === 'write') writeFileSync(golden, now)
  expect(now).toBe(readFileSync(golden, 'utf8'))
  const { paths } = JSON.parse(now) as { paths: Record<string, object> }
  const operations = Object.values(paths).flatMap((path) => Object.keys(path))
  // HEAD is left out by OpenAPI tools: it is its GET without a body.
  expect(operations).toHaveLength(Object.keys(routes).filter((key) => !key.startsWith('HEAD ')).length)
})

test('every route says who may call it, and every permission guards something', () => {
  const open = (Object.keys(routes) as Key[]).filter((key) => !routes[key].may)
  expect(open).toEqual([])
  const guarding = new Set<string>(Object.values(routes).map((route) => route.may))
  expect(permissions.filter((permission) => !guarding.has(permission))).toEqual([])
})
