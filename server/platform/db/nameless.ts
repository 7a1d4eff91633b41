import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Engine } from './engine.ts'

/*
 * A container may run us as a user id without an entry in /etc/passwd. PostgreSQL itself does not mind, but initdb (and the
 * single-user server it calls) looks its own name up and gives up, although the name is not used: we give the database's
 * user with -U. So for that one run they get copies in which the C library's `getpwuid` is called as `getpwent`: same length,
 * same library version, and it returns the first entry of /etc/passwd instead of none.
 */

const LOOKED_UP = Buffer.from('\0getpwuid\0')
const INSTEAD = Buffer.from('\0getpwent\0')

/** Calls `use` with an engine whose initdb runs for a user without a name; undefined when there can be none. */
export function withNamelessEngine<T>(home: string, engine: Engine, use: (engine: Engine) => T): T | undefined {
  const folder = mkdtempSync(join(home, '.nameless-'))
  try {
    mkdirSync(join(folder, 'bin'))
    for (const part of ['lib', 'share']) symlinkSync(join(engine.folder, part), join(folder, part))
    const made = ['initdb', 'postgres'].every((name) =>
      copyRenamed(join(engine.folder, 'bin', name), join(folder, 'bin', name)),
    )
    return made ? use({ ...engine, folder }) : undefined
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function copyRenamed(from: string, to: string): boolean {
  const program = readFileSync(from)
  const at = program.indexOf(LOOKED_UP)
  if (at < 0 || program.indexOf(LOOKED_UP, at + 1) >= 0) return false
  INSTEAD.copy(program, at)
  writeFileSync(to, program)
  chmodSync(to, 0o755)
  return true
}
