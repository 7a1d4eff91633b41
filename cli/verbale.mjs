#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const built = join(root, 'dist', 'cli', 'main.js')
if (!existsSync(built)) {
  process.stderr.write(
    'verbale: the program is not built yet. Run `npm run build` (or `npm start` once) in its folder.\n',
  )
  process.exit(1)
}
await import(built)
