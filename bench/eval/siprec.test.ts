import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { evalSiprec } from './siprec.ts'

const flag = process.argv.indexOf('--data')
const data = flag > 0 ? process.argv[flag + 1] : process.env.VERBALE_DATA
const folder = join(data ?? '', 'siprec')

/** Who is heard on which line, read by a person from the captured messages. */
const heard: Record<string, Record<string, string>> = {
  'acme-siprec-offer.txt': { 16777227: 'sip:9000@192.168.50.102', 16777228: 'sip:1002@192.168.50.10' },
  'cisco-siprec-offer.txt': { 1: 'sip:7301@35.162.237.204', 2: 'sip:7300@35.162.237.204' },
  'procomm-siprec-offer.txt': { a_leg: 'sip:016190200@87.252.209.116', b_leg: 'sip:Extension-016190619@speechpath.ie' },
  'sonus-siprec-offer.txt': { 1: 'sip:2249888012@172.16.195.72', 2: 'sip:2249888500@172.16.198.55' },
}

it.runIf(data !== undefined && existsSync(folder))(
  'captured messages of vendors are answered and understood',
  async () => {
    const verdicts = await evalSiprec(folder)
    expect(verdicts.filter(({ status, faithful, rawKept }) => status !== 200 || !faithful || !rawKept)).toEqual([])
    const understood = verdicts
      .filter(({ file }) => heard[file])
      .map(({ file, legs }) => [file, Object.fromEntries(legs.map((leg) => [leg.label, leg.heard]))])
    expect(understood).toEqual(verdicts.flatMap(({ file }) => (heard[file] ? [[file, heard[file]]] : [])))
  },
)
