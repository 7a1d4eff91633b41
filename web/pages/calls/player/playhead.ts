/**
 * Where playback stands, between the player and the text beside it. It moves many times a second: who follows it changes the page
 * itself and renders nothing.
 */
export type Playhead = {
  /** Plays from here, ms; while nobody listens yet, asks to listen as the page's button does. */
  playFrom: (ms: number) => void
  /** Names who plays: the player, and before it the form that asks for one. Returns what takes that back. */
  playedBy: (play: (ms: number) => void) => () => void
  moved: (ms: number) => void
  /** Tells at once where playback stands, then every movement; nothing before the first. Returns what ends it. */
  follow: (tell: (ms: number) => void) => () => void
}

export function createPlayhead(): Playhead {
  const followers = new Set<(ms: number) => void>()
  let at: number | null = null
  let player: ((ms: number) => void) | null = null
  return {
    playFrom: (ms) => player?.(ms),
    playedBy: (play) => {
      player = play
      return () => {
        if (player === play) player = null
      }
    },
    moved: (ms) => {
      at = ms
      for (const tell of followers) tell(ms)
    },
    follow: (tell) => {
      followers.add(tell)
      if (at !== null) tell(at)
      return () => void followers.delete(tell)
    },
  }
}
