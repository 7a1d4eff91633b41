import { ActionIcon, Button, Checkbox, Group, Modal, Stack, Tooltip } from '@mantine/core'
import { useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { IconCheck, IconCopy } from './icons.tsx'
import styles from './kit.module.css'

/** Copies text, also where the page is served without TLS and browsers hide the clipboard. */
export const copyText = async (text: string): Promise<void> => {
  if (navigator.clipboard) return await navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}

const useCopied = (): [boolean, (text: string) => void] => {
  const [copied, setCopied] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const copy = (text: string): void => {
    void copyText(text).then(() => {
      setCopied(true)
      clearTimeout(timer.current)
      timer.current = setTimeout(() => setCopied(false), 2000)
    })
  }
  return [copied, copy]
}

/** A value to copy elsewhere: an address, a link, a secret. */
export const CopyField = ({ label, value }: { label: string; value: string }) => {
  const { t } = useTranslation()
  const [copied, copy] = useCopied()
  const action = copied ? t('common.copied') : t('common.copyOf', { what: label })
  return (
    <div className={styles.copyField}>
      <span className={styles.copyLabel}>{label}</span>
      <code className={styles.copyValue}>{value}</code>
      <Tooltip label={action}>
        <ActionIcon aria-label={action} onClick={() => copy(value)}>
          {copied ? <IconCheck /> : <IconCopy />}
        </ActionIcon>
      </Tooltip>
      <output className="visually-hidden">{copied ? t('common.copied') : ''}</output>
    </div>
  )
}

export const CopyButton = ({ value, children }: { value: string; children: ReactNode }) => {
  const { t } = useTranslation()
  const [copied, copy] = useCopied()
  return (
    <Button variant="default" leftSection={copied ? <IconCheck /> : <IconCopy />} onClick={() => copy(value)}>
      <span aria-live="polite">{copied ? t('common.copied') : children}</span>
    </Button>
  )
}

type ShowOnceProps = {
  opened: boolean
  title: string
  /** What the value is for and how long it holds. */
  children: ReactNode
  fields: { label: string; value: string }[]
  onClose: () => void
}

/** A secret the server shows a single time: closes only once the person says it is kept. */
export const ShowOnce = ({ opened, title, children, fields, onClose }: ShowOnceProps) => {
  const { t } = useTranslation()
  const [kept, setKept] = useState(false)
  const close = (): void => {
    setKept(false)
    onClose()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={title}
      size="lg"
      closeOnClickOutside={false}
      closeOnEscape={false}
      withCloseButton={false}
    >
      <Stack>
        <div>{children}</div>
        {fields.map((field) => (
          <CopyField key={field.label} {...field} />
        ))}
        <Checkbox label={t('common.kept')} checked={kept} onChange={(e) => setKept(e.currentTarget.checked)} />
        <Group justify="flex-end">
          <Button disabled={!kept} onClick={close}>
            {t('common.close')}
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
