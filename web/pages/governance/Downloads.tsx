import { Anchor, Button, Group } from '@mantine/core'
import { currentLocale } from '../../i18n.ts'
import { IconDownload } from '../../kit/icons.tsx'
import { saveJson } from '../../kit/save.ts'

const languages = ['it', 'fr', 'en'] as const

type Props = {
  /** Where the PDF of a language is. */
  address: (language: string) => string
  json: { name: string; content: unknown }
}

/** What is shown, to be taken along: as PDF in the reader's language and the others, and as JSON. */
export const Downloads = ({ address, json }: Props) => {
  const locale = currentLocale()
  return (
    <Group>
      <Button component="a" variant="default" href={address(locale)} leftSection={<IconDownload />}>
        PDF
      </Button>
      {languages
        .filter((language) => language !== locale)
        .map((language) => (
          <Anchor key={language} href={address(language)} download>
            PDF {language.toUpperCase()}
          </Anchor>
        ))}
      <Button variant="default" onClick={() => saveJson(json.name, json.content)}>
        JSON
      </Button>
    </Group>
  )
}
