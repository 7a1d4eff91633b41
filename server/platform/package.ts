import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json, found upwards: the same whether the sources or their build run. */
export const packageRoot: string = find(dirname(fileURLToPath(import.meta.url)))

export const version: string = (
  JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string }
).version

function find(folder: string): string {
  if (existsSync(join(folder, 'package.json'))) return folder
  const up = dirname(folder)
  if (up === folder) throw new Error('package.json was not found above the program')
  return find(up)
}
