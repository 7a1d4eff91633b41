import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Profile = {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[]
  samples: number[]
  timeDeltas: number[]
}

/** The functions a program spent most time in itself, from the CPU profiles in a folder. Idle time is left out. */
export function hottest(folder: string, count = 25): string[] {
  const spent = new Map<string, number>()
  let total = 0
  for (const file of readdirSync(folder)) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
    const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]))
    for (const [i, id] of profile.samples.entries()) {
      const name = names.get(id) ?? '?'
      const us = profile.timeDeltas[i] ?? 0
      if (name.startsWith('(idle)')) continue
      total += us
      spent.set(name, (spent.get(name) ?? 0) + us)
    }
  }
  return [...spent]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([name, us]) => `${((100 * us) / total).toFixed(1).padStart(6)} %  ${name}`)
}

function nameOf({ functionName, url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  const place = url.replace(/^.*\/(dist|node_modules)\//, '$1/')
  return `${functionName || '(anonymous)'} ${place ? `${place}:${lineNumber + 1}` : ''}`
}
