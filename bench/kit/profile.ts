import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

type Node = { id: number; callFrame: { functionName: string; url: string; lineNumber: number }; children?: number[] }
type Profile = { nodes: Node[]; samples: number[]; timeDeltas: number[] }

/** A span of the program's life, ms since its process was started. */
export type Span = { name: string; fromMs: number; toMs: number }

/** The functions a program spent most time in itself during a span, from the CPU profiles in a folder; idle time is left out. */
export function hottest(folder: string, { name, fromMs, toMs }: Span, count = 20): string[] {
  const spent = new Map<string, number>()
  let total = 0
  for (const file of readdirSync(folder)) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Profile
    const names = namesOf(profile.nodes)
    let at = 0
    for (const [i, id] of profile.samples.entries()) {
      const us = profile.timeDeltas[i] ?? 0
      at += us / 1000
      const function_ = names.get(id) ?? '?'
      if (at < fromMs || at > toMs || function_.startsWith('(idle)')) continue
      total += us
      spent.set(function_, (spent.get(function_) ?? 0) + us)
    }
  }
  const lines = [...spent]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, count)
    .map(([function_, us]) => `${((100 * us) / total).toFixed(1).padStart(6)} %  ${function_}`)
  return [`  ${name}: ${(total / 1e6).toFixed(1)} s busy in ${((toMs - fromMs) / 1000).toFixed(1)} s`, ...lines]
}

/** Functions of the platform are named with the nearest one of ours that called them. */
function namesOf(nodes: Node[]): Map<number, string> {
  const parents = new Map(nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)))
  const byId = new Map(nodes.map((node) => [node.id, node]))
  const isOurs = ({ callFrame: { url } }: Node): boolean => url.includes('/dist/')
  const shown = ({ callFrame: { functionName, url, lineNumber } }: Node): string => {
    const place = url.replace(/^.*\/(dist|node_modules)\//, '$1/')
    return `${functionName || '(anonymous)'}${place ? ` ${place}:${lineNumber + 1}` : ''}`
  }
  return new Map(
    nodes.map((node) => {
      let caller: Node | undefined = node
      while (caller && !isOurs(caller)) caller = byId.get(parents.get(caller.id) ?? -1)
      return [node.id, caller && caller !== node ? `${shown(node)} ← ${shown(caller)}` : shown(node)]
    }),
  )
}
