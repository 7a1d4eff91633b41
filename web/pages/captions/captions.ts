import { useEffect, useRef, useState } from 'react'
import type { LiveEvent } from '../../../contract/events.ts'
import type { Caption, CaptionState, LiveCaptions } from '../../../contract/models/captions.ts'
import { api } from '../../api.ts'
import { live, useLiveEvents } from '../../live.ts'

export type Followed = { captions: Caption[]; state: CaptionState }

/** Captions a page keeps: what is further back is not read any more. */
const kept = 200

/** What stands on the page after an event; captions in the order in which they began. */
export function captionsAfter(before: Followed | null, event: LiveEvent, callId: string): Followed | null {
  if (event.type === 'captions.all' && event.callId === callId) return sorted(event)
  if (event.type !== 'captions' || event.callId !== callId) return before
  const news = new Map(event.captions.map((caption) => [caption.id, caption]))
  const left = (before?.captions ?? []).filter(({ id }) => !news.has(id) && !event.withdrawn.includes(id))
  return sorted({ captions: [...left, ...news.values()], state: event.state })
}

const sorted = ({ captions, state }: Followed): Followed => ({
  captions: captions.toSorted((a, b) => a.fromMs - b.fromMs || a.leg - b.leg).slice(-kept),
  state,
})

/** Whole at the start, then what is new; events that came while the start was asked for are not lost. */
const begun = (start: LiveCaptions, since: readonly LiveEvent[]): Followed =>
  since.reduce<Followed>((now, event) => captionsAfter(now, event, start.callId) ?? now, sorted(start))

/** Follows a call while the component is shown. `problem`: the server's word on why not. */
export function useCaptions(callId: string): { followed: Followed | null; problem: unknown } {
  const [followed, setFollowed] = useState<Followed | null>(null)
  const [problem, setProblem] = useState<unknown>(null)
  const early = useRef<LiveEvent[] | null>([])
  useEffect(() => {
    early.current = []
    let gone = false
    api('POST /calls/:callId/captions', { params: { callId } }).then(
      (start) => {
        if (gone) return
        setFollowed(begun(start, early.current ?? []))
        early.current = null
      },
      (error: unknown) => void (gone || setProblem(error)),
    )
    return () => {
      gone = true
      void api('DELETE /calls/:callId/captions', { params: { callId } }).catch(() => {})
    }
  }, [callId])
  useLiveEvents((event) => {
    if (event.type !== 'captions' && event.type !== 'captions.all') return
    if (early.current) early.current.push(event)
    else setFollowed((before) => captionsAfter(before, event, callId))
    live.shown(event.seq)
  })
  return { followed, problem }
}
