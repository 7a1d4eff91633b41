import { Button, Menu } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import { IconDownload } from '../../../kit/icons.tsx'
import { saveFile } from '../../../kit/save.ts'
import { useAct } from '../../../queries.ts'
import type { Ask } from './Correct.tsx'
import styles from './transcript.module.css'

const formats = ['text', 'srt', 'vtt', 'json'] as const

/** The text as a file; an export in the access records. */
export const Export = ({ callId, purpose }: Ask) => {
  const { t } = useTranslation()
  const act = useAct('POST /calls/:callId/transcript/export', {
    refresh: ['GET /calls/:callId/accesses'],
    onDone: ({ name, type, content }) => saveFile(name, new Blob([content], { type })),
  })
  return (
    <Menu>
      <Menu.Target>
        <Button
          className={styles.export ?? ''}
          variant="default"
          size="xs"
          leftSection={<IconDownload size={16} />}
          loading={act.isPending}
        >
          {t('transcript.export')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map((format) => (
          <Menu.Item
            key={format}
            onClick={() => act.mutate({ params: { callId }, body: { purpose, format, reason: '' } })}
          >
            {t(`transcript.formats.${format}`)}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
