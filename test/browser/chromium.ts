import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

/** The installed Chrome or Chromium; VERBALE_CHROMIUM names another. Throws with the command that installs one. */
export function chromiumPath(): string {
  const given = process.env['VERBALE_CHROMIUM']
  if (given && existsSync(given)) return given
  if (given) throw new Error(`VERBALE_CHROMIUM names ${given}, which does not exist.`)
  const folders = (process.env['PATH'] ?? '').split(delimiter)
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
  if (found) return found
  throw new Error(
    'The browser tests need Chromium. Install it with: apt-get update && apt-get install -y --no-install-recommends chromium (or set VERBALE_CHROMIUM to a Chrome or Chromium).',
  )
}
