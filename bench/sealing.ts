import { dataFolder, prepare, startProgram } from './kit/program.ts'
import { recordLongCall } from './playback-call.ts'
import type { Finding } from './report.ts'

/** How long after its last word a call is sealed, block by block and as a packet log, and its sealing signed in the log. */
export async function benchSealing({ quick }: { quick: boolean }): Promise<Finding> {
  const rows: (string | number)[][] = []
  for (const minutes of quick ? [1] : [1, 5, 20, 60]) {
    const folder = dataFolder()
    try {
      const program = await startProgram(folder.dataDir)
      await prepare(program)
      await program.stop()
      const { packets, sealMs, signMs } = await recordLongCall(folder.dataDir, minutes)
      rows.push([minutes, packets, sealMs, signMs, (sealMs + signMs) / minutes])
    } finally {
      folder.remove()
    }
  }
  return {
    table: { columns: ['minutes', 'packets', 'sealed after ms', 'then signed after ms', 'ms per minute'], rows },
    notes: [
      'Two G.711 legs. Sealed: the log is closed, its index, gaps and peaks are made, every 200 ms of each voice is hashed under a salt of its own, and rows and event are committed.',
      'Signed: the event is in a signed checkpoint. Renditions for each purpose are made after that.',
    ],
  }
}
