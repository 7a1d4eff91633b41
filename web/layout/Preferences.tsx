import { ActionIcon, Menu, Tooltip, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useTranslation } from 'react-i18next'
import type { Locale } from '../../contract/models/common.ts'
import { currentLocale, localeNames, locales, showIn } from '../i18n.ts'
import { IconCheck, IconGlobe, IconMoon, IconSun } from '../kit/icons.tsx'
import styles from './layout.module.css'

/** Language of the page. `onChoose` also stores it for the person signed in. */
export const LanguageMenu = ({ onChoose }: { onChoose?: (locale: Locale) => void }) => {
  const { t } = useTranslation()
  const current = currentLocale()
  const choose = (locale: Locale): void => {
    void showIn(locale)
    onChoose?.(locale)
  }
  return (
    <Menu position="bottom-end" width={180}>
      <Menu.Target>
        <UnstyledButton
          className={styles.headButton}
          aria-label={t('common.languageNow', { name: localeNames[current] })}
        >
          <IconGlobe />
          <span aria-hidden="true">{current.toUpperCase()}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {locales.map((locale) => (
          <Menu.Item
            key={locale}
            lang={locale}
            aria-current={locale === current}
            onClick={() => choose(locale)}
            rightSection={locale === current ? <IconCheck size={16} /> : undefined}
          >
            {localeNames[locale]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

export const SchemeToggle = () => {
  const { t } = useTranslation()
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const other = scheme === 'light' ? 'dark' : 'light'
  const label = other === 'dark' ? t('common.schemeDark') : t('common.schemeLight')
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={() => setColorScheme(other)}>
        {other === 'dark' ? <IconMoon /> : <IconSun />}
      </ActionIcon>
    </Tooltip>
  )
}
