import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf } from '../../platform/problem.ts'
import { checkModel, type CheckedModel } from './sherpa/model.ts'

export type FoundModels = {
  usable: CheckedModel[]
  /** `folder`: its name within the models folder. */
  refused: { folder: string; reason: string }[]
}

type Seen = { mark: string; result: CheckedModel | string }

/**
 * Looks at the models folder, as often as it is called. A model is a folder with `model.json`; its files are hashed when
 * they are new or have changed, never more often. Nothing is loaded here.
 */
export function modelsFolder(root: string): { look(): Promise<FoundModels> } {
  let seen = new Map<string, Seen>()
  return {
    async look() {
      const now = new Map<string, Seen>()
      for (const folder of await folders(root)) {
        const mark = await markOf(join(root, folder))
        if (mark === null) continue
        const before = seen.get(folder)
        now.set(folder, before?.mark === mark ? before : { mark, result: await check(join(root, folder)) })
      }
      seen = now
      const found: FoundModels = { usable: [], refused: [] }
      for (const [folder, { result }] of now)
        if (typeof result === 'string') found.refused.push({ folder, reason: result })
        else found.usable.push(result)
      return found
    },
  }
}

const check = (folder: string): Promise<CheckedModel | string> => checkModel(folder).catch(messageOf)

/** Folders that begin with a dot are being made. */
async function folders(root: string): Promise<string[]> {
  const entries = await readdir(root, { withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .toSorted()
}

/** Changes when a file does; null without a manifest. */
async function markOf(folder: string): Promise<string | null> {
  const names = (await readdir(folder).catch((): string[] => [])).toSorted()
  if (!names.includes('model.json')) return null
  const marks = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(folder, name)).catch(() => null)
      return found && `${name} ${found.size} ${found.mtimeMs} ${found.ino}`
    }),
  )
  return marks.join('\n')
}
