import { dataFolder, startProgram } from './kit/program.ts'
import type { Finding } from './report.ts'

const ROUNDS = 3

/** From the start of the process to "Verbale is ready", with the embedded database, on a new and on an existing folder. */
export async function benchStart({ quick }: { quick: boolean }): Promise<Finding> {
  const fresh: number[] = []
  const existing: number[] = []
  for (let round = 0; round < (quick ? 1 : ROUNDS); round++) {
    const folder = dataFolder()
    try {
      for (const times of [fresh, existing]) {
        const program = await startProgram(folder.dataDir)
        times.push(program.readyMs / 1000)
        await program.stop()
      }
    } finally {
      folder.remove()
    }
  }
  const row = (name: string, times: number[]): (string | number)[] => {
    const sorted = times.toSorted((a, b) => a - b)
    return [
      name,
      sorted[Math.floor(sorted.length / 2)] ?? Number.NaN,
      sorted[0] ?? Number.NaN,
      sorted.at(-1) ?? Number.NaN,
    ]
  }
  return {
    table: {
      columns: ['data folder', 'median s', 'fastest s', 'slowest s'],
      rows: [row('new (database created, migrated)', fresh), row('existing', existing)],
    },
    notes: [
      `${quick ? 'One start' : 'Three starts'} each of the built program, on all cores; files are in the page cache of the operating system.`,
    ],
  }
}
