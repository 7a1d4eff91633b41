import type { Locale } from '../../../contract/models/common.ts'
import type { MeasuredValue } from '../../../contract/models/security.ts'
import type { T } from '../../i18n.ts'
import type { Formats } from '../../kit/format.ts'

/** A measured value as the reader's language writes it. */
export function valueText(
  value: MeasuredValue,
  { t, format, locale }: { t: T; format: Formats; locale: Locale },
): string {
  switch (value.kind) {
    case 'number':
      return format.number(value.n)
    case 'part':
      return t('governance.security.part', { n: format.number(value.n), of: format.number(value.of) })
    case 'days':
      return t('governance.security.days', { n: format.number(value.n) })
    case 'instant':
      return value.at === null ? t('governance.security.never') : format.dateTime(value.at)
    case 'day':
      return value.day === null ? t('governance.security.never') : format.day(value.day)
    case 'text':
      return value.text
    case 'state':
      return value.text[locale]
    case 'counts':
      return (
        value.items.map(({ name, n }) => `${name[locale]} (${format.number(n)})`).join(', ') ||
        t('governance.security.nothing')
      )
  }
}
