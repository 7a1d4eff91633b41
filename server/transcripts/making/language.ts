/** Languages that queues declare. */
export type LanguageSettings = { queues: Record<string, string> }

const byCountry: Record<string, string> = { IT: 'it', SM: 'it', FR: 'fr', MC: 'fr', GB: 'en', IE: 'en' }

/** The language a call is expected to be in: its queue's, else that of the agent's country; null when nobody can say. */
export function languageOf(
  { queues }: LanguageSettings,
  { queue, agentCountry }: { queue: string | null; agentCountry: string | null },
): string | null {
  return (queue && queues[queue]) || (agentCountry && byCountry[agentCountry]) || null
}
