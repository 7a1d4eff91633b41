import startTestServer from '../test/global-database.ts'
import { liveThroughYear, type YearReport } from '../test/journeys/year.ts'
import type { Finding } from './report.ts'

/** A simulated year through the product's API beside an independent model of what must be left of it. */
export async function benchYear({ quick }: { quick: boolean }): Promise<Finding> {
  const stop = await startTestServer()
  try {
    return findingOf(
      await liveThroughYear({
        calls: quick ? 100 : 10_000,
        seed: 20_270_111,
        compareEvery: quick ? 30 : 73,
        onDay: (day, made) => void (day % 30 === 0 && process.stderr.write(`  day ${day}: ${made} calls\n`)),
      }),
    )
  } finally {
    await stop()
  }
}

function findingOf(report: YearReport): Finding {
  return {
    table: {
      columns: [
        'calls',
        'days',
        'restarts',
        'terms ended',
        'calls destroyed',
        'holds placed',
        'released',
        'calls held',
        'objections',
        'differences',
        'seconds',
      ],
      rows: [
        [
          report.calls,
          report.days,
          report.restarts,
          report.ended,
          report.destroyed,
          report.holdsPlaced,
          report.holdsReleased,
          report.held,
          report.objections,
          report.differences.length,
          report.seconds,
        ],
      ],
    },
    notes: [
      'Uploads of a second of audio, one in five recorded years before; purposes ended by decision, by objection and by the clock, a retention shortened on the way, legal holds, restarts. Keys, renditions, folders, certificates and the log’s entries are compared one by one; 0 differences is the only good figure.',
      ...report.differences.slice(0, 10),
    ],
  }
}
