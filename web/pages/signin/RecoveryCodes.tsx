import { Button, Checkbox, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { CopyButton } from '../../kit/copy.tsx'
import { IconDownload } from '../../kit/icons.tsx'
import styles from './signin.module.css'

const downloadText = (name: string, text: string): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

/** The recovery codes, shown a single time. */
export const RecoveryCodes = ({ codes, onKept }: { codes: string[]; onKept: () => void }) => {
  const { t } = useTranslation()
  const [kept, setKept] = useState(false)
  const text = codes.join('\n')
  return (
    <Stack>
      <ul className={styles.codes} aria-label={t('signin.codesTitle')}>
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <Group gap="xs">
        <CopyButton value={text}>{t('signin.codesCopy')}</CopyButton>
        <Button
          variant="default"
          leftSection={<IconDownload />}
          onClick={() => downloadText(t('signin.codesFile'), `${t('signin.codesTitle')}\n\n${text}\n`)}
        >
          {t('common.download')}
        </Button>
      </Group>
      <Checkbox label={t('common.kept')} checked={kept} onChange={(e) => setKept(e.currentTarget.checked)} />
      <Button disabled={!kept} onClick={onKept} fullWidth>
        {t('common.continue')}
      </Button>
    </Stack>
  )
}
