import i18next from 'i18next'

type Field = HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement

const isField = (x: unknown): x is Field =>
  x instanceof HTMLInputElement || x instanceof HTMLTextAreaElement || x instanceof HTMLSelectElement

function hintFor(field: Field): string {
  const { valueMissing, tooShort, typeMismatch } = field.validity
  if (valueMissing) return i18next.t('common.hint.missing')
  if (tooShort && 'minLength' in field) return i18next.t('common.hint.short', { count: field.minLength })
  if (typeMismatch && field.type === 'email') return i18next.t('common.hint.email')
  return i18next.t('common.hint.form')
}

/** Browsers say what a form lacks in their own language; here it is said in the page's. */
export function wordFormHints(page: Document): void {
  const clear = ({ target }: Event): void => void (isField(target) && target.setCustomValidity(''))
  page.addEventListener('input', clear, true)
  // A hint counts as an error until it is taken back: before each try (Enter in a field clicks the button too).
  page.addEventListener(
    'click',
    ({ target }) => {
      const button = target instanceof Element ? target.closest('button') : null
      for (const field of button?.form?.elements ?? []) if (isField(field)) field.setCustomValidity('')
    },
    true,
  )
  page.addEventListener(
    'invalid',
    ({ target }) => {
      if (isField(target)) target.setCustomValidity(hintFor(target))
    },
    true,
  )
}
