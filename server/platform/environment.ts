import type { z } from 'zod'
import { Problem } from './problem.ts'

/** A part of the configuration as read, not yet checked. */
export type Section = Record<string, unknown>

/** Variables of ours that are not settings. */
const OTHERS = /^VERBALE_(CONFIG|URL|TOKEN|CHROMIUM|(TEST|BENCH)_.*)$/

/** The variable of a setting: `http.publicUrl` is VERBALE_HTTP_PUBLIC_URL. A file with a secret adds _FILE. */
export function envNames(path: string[]): [plain: string, file: string] {
  const words = path.map((key) => key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase())
  const name = ['VERBALE', ...words].join('_')
  return [name, `${name}_FILE`]
}

/**
 * The settings given by the environment, for every leaf of `schema`.
 * @throws Problem `config_invalid` for a VERBALE_ variable that is no setting, or not a value of its kind
 */
export function readEnvironment(schema: z.ZodType, env: NodeJS.ProcessEnv): Section {
  const found: Section = {}
  const known = new Set<string>()
  for (const leaf of leaves(schema, [])) {
    const [plain, file] = envNames(leaf.path)
    known.add(plain).add(file)
    const text = env[plain]
    if (text !== undefined && text !== '') put(found, leaf.path, parse(text, leaf.kind, plain))
    else if (env[file]) put(found, leaf.path, { file: env[file] })
  }
  const stranger = Object.keys(env).find(
    (name) => name.startsWith('VERBALE_') && !known.has(name) && !OTHERS.test(name),
  )
  if (stranger)
    throw new Problem(
      'config_invalid',
      500,
      `Environment: ${stranger} is no setting. Correct the name or remove it; README.md lists the settings.`,
    )
  return found
}

type Leaf = { path: string[]; kind: string }

/** What of zod's own description of a schema is read here. */
type Described = { def: { type: string; innerType?: Described; in?: Described; shape?: Record<string, Described> } }

function leaves(schema: unknown, path: string[]): Leaf[] {
  const { def } = unwrap(schema as Described)
  if (def.shape) return Object.entries(def.shape).flatMap(([key, inner]) => leaves(inner, [...path, key]))
  return [{ path, kind: def.type }]
}

function unwrap(schema: Described): Described {
  const inner = schema.def.innerType ?? (schema.def.type === 'pipe' ? schema.def.in : undefined)
  return inner ? unwrap(inner) : schema
}

function parse(text: string, kind: string, name: string): unknown {
  if (kind === 'number') return number(text, name)
  if (kind === 'boolean') return boolean(text, name)
  if (kind === 'array') return text.split(',').map((part) => part.trim())
  if (kind === 'tuple') return text.split(/[,-]/).map((part) => number(part, name))
  return text
}

function number(text: string, name: string): number {
  const value = Number(text)
  if (text.trim() === '' || !Number.isFinite(value))
    throw new Problem('config_invalid', 500, `Environment: ${name} must be a number.`)
  return value
}

function boolean(text: string, name: string): boolean {
  if (/^(true|1|yes|on)$/i.test(text)) return true
  if (/^(false|0|no|off)$/i.test(text)) return false
  throw new Problem('config_invalid', 500, `Environment: ${name} must be true or false.`)
}

function put(section: Section, path: string[], value: unknown): void {
  const [key = '', ...rest] = path
  if (rest.length === 0) section[key] = value
  else put((section[key] ??= {}) as Section, rest, value)
}
