import { useEffect, useRef, type FormEvent } from 'react'

/** A form's submit without leaving the page. */
export const submitting =
  (run: () => unknown) =>
  (event: FormEvent): void => {
    event.preventDefault()
    run()
  }

/** Puts the keyboard into a field when its step appears. Only where the person expects it: a form that is the whole page. */
export const useFocusFirst = <E extends HTMLElement>() => {
  const field = useRef<E>(null)
  useEffect(() => field.current?.focus(), [])
  return field
}
