/** The last day on which a release series gets security corrections, as its project publishes it. */
const lastDays = {
  node: { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' },
  postgres: { 15: '2027-11-11', 16: '2028-11-09', 17: '2029-11-08', 18: '2030-11-14' },
} as const satisfies Record<string, Record<number, string>>

/** When the support of a version ends, `YYYY-MM-DD`; null for series that were not known when this was written. */
export function supportedUntil(what: keyof typeof lastDays, version: string): string | null {
  const days: Record<string, string> = lastDays[what]
  return days[version.split('.')[0] ?? ''] ?? null
}
