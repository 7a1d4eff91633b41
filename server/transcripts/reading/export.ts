import type { Turn } from '../../../contract/models/transcripts.ts'

export type ExportFormat = 'text' | 'srt' | 'vtt' | 'json'

/** Media type and ending of a file, by format. */
export const fileOf: Record<ExportFormat, { type: string; ending: string }> = {
  text: { type: 'text/plain; charset=utf-8', ending: 'txt' },
  srt: { type: 'application/x-subrip; charset=utf-8', ending: 'srt' },
  vtt: { type: 'text/vtt; charset=utf-8', ending: 'vtt' },
  json: { type: 'application/json; charset=utf-8', ending: 'json' },
}

const speakers: Record<string, Record<Turn['role'], string>> = {
  it: { agent: 'Operatore', customer: 'Cliente', unknown: 'Voce' },
  fr: { agent: 'Conseiller', customer: 'Client', unknown: 'Voix' },
  en: { agent: 'Agent', customer: 'Customer', unknown: 'Voice' },
}
const speakerOf = ({ role, language }: Turn): string => (speakers[language] ?? speakers['en']!)[role]

/** Turns as a file: redacted, as they are read on the page; notes beside them are not in it. */
export function exported(turns: readonly Turn[], format: ExportFormat): string {
  switch (format) {
    case 'text':
      return turns.map((turn) => `[${clock(turn.fromMs, '.')}] ${speakerOf(turn)}: ${turn.text}\n`).join('')
    case 'srt':
      return turns
        .map((turn, i) => `${i + 1}\n${span(turn, ',')}\n${speakerOf(turn)}: ${oneLine(turn.text)}\n\n`)
        .join('')
    case 'vtt':
      return `WEBVTT\n\n${turns.map((turn) => `${span(turn, '.')}\n<v ${speakerOf(turn)}>${escaped(turn.text)}\n\n`).join('')}`
    case 'json':
      return `${JSON.stringify({ v: 1, turns }, null, 1)}\n`
  }
}

/** A cue that ends when it begins would not be shown. */
const span = ({ fromMs, toMs }: Turn, point: string): string =>
  `${clock(fromMs, point)} --> ${clock(Math.max(toMs, fromMs + 1), point)}`

/** `01:02:03.004` */
function clock(ms: number, point: string): string {
  const whole = Math.max(0, Math.round(ms))
  const part = (size: number, of: number): string => String(Math.floor(whole / size) % of).padStart(2, '0')
  return `${String(Math.floor(whole / 3_600_000)).padStart(2, '0')}:${part(60_000, 60)}:${part(1000, 60)}${point}${String(whole % 1000).padStart(3, '0')}`
}

/** An empty line ends a cue, and an arrow begins one. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').replaceAll('-->', '→')
/** WebVTT cue text (section 4.2.2 of the specification). */
const escaped = (text: string): string =>
  oneLine(text).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
