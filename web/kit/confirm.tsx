import { modals } from '@mantine/modals'
import type { ReactNode } from 'react'
import type { T } from '../i18n.ts'

type Question = { title: string; body: ReactNode; yes: string; danger?: boolean; onYes: () => void }

/** Asks before something that cannot be taken back. The button says what will happen, never just "OK". */
export const ask = (t: T, { title, body, yes, danger = true, onYes }: Question): void =>
  void modals.openConfirmModal({
    title,
    children: body,
    labels: { confirm: yes, cancel: t('common.cancel') },
    confirmProps: danger ? { color: 'red' } : {},
    cancelProps: { variant: 'default' },
    onConfirm: onYes,
  })
