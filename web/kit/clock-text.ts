/** A place in a call as a person writes it: `75`, `1:15`, `1:15,5`, `1:02:15`. Null when it is none. In ms. */
export function readClock(text: string): number | null {
  const match = /^(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,5})(?:[.,](\d{1,3}))?$/.exec(text.trim())
  if (!match) return null
  const [, hours = '0', minutes = '0', seconds = '0', fraction = '0'] = match
  const colon = match[2] !== undefined
  if (colon && Number(seconds) > 59) return null
  if (match[1] !== undefined && Number(minutes) > 59) return null
  return (
    (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 + Math.round(Number(`0.${fraction}`) * 1000)
  )
}
