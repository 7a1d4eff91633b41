import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('colours of both schemes are in the theme: a style sheet’s light-dark() does not survive the build', () => {
  const web = join(import.meta.dirname, '../web')
  const files = readdirSync(web, { recursive: true }) as string[]
  const sheets = files.filter((file) => file.endsWith('.css'))
  expect(sheets.length).toBeGreaterThan(10)
  expect(sheets.filter((file) => readFileSync(join(web, file), 'utf8').includes('light-dark('))).toEqual([])
})
