import { Button, Menu } from '@mantine/core'
import type { FC } from 'react'
import { useTranslation } from 'react-i18next'
import type { PolicyRule } from '../../../contract/models/policy.ts'
import { IconCaret, IconContract, IconDice, IconForbid, IconHand, IconPlus, IconRecord } from '../../kit/icons.tsx'
import styles from './policy.module.css'
import { fromTemplate, templateKinds, type TemplateKind } from './templates.ts'

export const actionIcons: Record<TemplateKind, FC<{ size?: number }>> = {
  all: IconRecord,
  random: IconDice,
  agent: IconHand,
  contract_window: IconContract,
  never: IconForbid,
}

/** Starts a rule from a template; it joins the draft once the editor keeps it. */
export const AddRule = ({ onAdd }: { onAdd: (rule: PolicyRule) => void }) => {
  const { t } = useTranslation()
  return (
    <Menu position="bottom-end" width={340}>
      <Menu.Target>
        <Button leftSection={<IconPlus />} rightSection={<IconCaret size={16} />}>
          {t('policy.addRule')}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {templateKinds.map((kind) => {
          const Icon = actionIcons[kind]
          return (
            <Menu.Item key={kind} leftSection={<Icon />} onClick={() => onAdd(fromTemplate(kind, t))}>
              <span className={styles.template}>
                <strong>{t(`policy.templates.${kind}.title`)}</strong>
                <span className="quiet">{t(`policy.templates.${kind}.help`)}</span>
              </span>
            </Menu.Item>
          )
        })}
      </Menu.Dropdown>
    </Menu>
  )
}
