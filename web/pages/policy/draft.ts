import { useSyncExternalStore } from 'react'
import type { PolicyRule } from '../../../contract/models/policy.ts'

/** Rules being written, not yet in force, and the version they started from. */
export type Draft = { rules: PolicyRule[]; basedOn: number }

let draft: Draft | null = null
const listeners = new Set<() => void>()

const warnBeforeLeaving = (event: BeforeUnloadEvent): void => event.preventDefault()

/** Kept in memory while the page lives: other pages may be visited, but closing or reloading asks first. */
export const setDraft = (next: Draft | null): void => {
  if (next && !draft) globalThis.addEventListener('beforeunload', warnBeforeLeaving)
  if (!next) globalThis.removeEventListener('beforeunload', warnBeforeLeaving)
  draft = next
  for (const listener of listeners) listener()
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

export const useDraft = (): Draft | null => useSyncExternalStore(subscribe, () => draft)
export const useHasDraft = (): boolean => useSyncExternalStore(subscribe, () => draft !== null)
