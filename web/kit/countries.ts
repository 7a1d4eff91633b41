import type { Formats } from './format.ts'

/** ISO 3166-1 alpha-2. */
const codes =
  'IT FR AL DZ AD AO AR AM AU AT AZ BE BJ BA BR BG BF BI KH CM CA CF TD CL CN CO KM CG CD CR CI HR CY CZ DK DJ DO EC EG SV EE ET FI GA GE DE GH GI GR GT GG GN HN HK HU IS IN ID IE IM IL JM JP JE JO KZ KE XK KW LV LB LY LI LT LU MG MY ML MT MR MU MX MD MC ME MA MZ NA NL NC NZ NI NE NG MK NO OM PK PA PY PE PH PL PT QA RO RU RW SM SA SN RS SC SG SK SI ZA KR ES LK SE CH TW TZ TH TG TN TR UG UA AE GB US UY VA VE VN'.split(
    ' ',
  )

/** Every country by its name in the page's language, Italy and France first. */
export const countryChoices = (format: Formats): { value: string; label: string }[] => {
  const [first, second, ...others] = codes.map((value) => ({ value, label: format.country(value) }))
  return [first, second, ...others.toSorted((a, b) => (a?.label ?? '').localeCompare(b?.label ?? ''))].filter(
    (choice) => choice !== undefined,
  )
}
