import { AppShell, Avatar, Burger, Menu, UnstyledButton } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { Link, Outlet, useMatches, useRouterState } from '@tanstack/react-router'
import { useEffect, useRef } from 'react'
import { useTranslation } from 'react-i18next'
import { mayDo } from '../../contract/permissions.ts'
import { IconAccount, IconSignOut } from '../kit/icons.tsx'
import { live, useLiveEvents, useLiveState } from '../live.ts'
import { meQuery, queryClient, useAct, useMe } from '../queries.ts'
import { NotAllowed } from './Broken.tsx'
import styles from './layout.module.css'
import { Alarms } from './Alarms.tsx'
import { Logo } from './Logo.tsx'
import { Nav } from './Nav.tsx'
import { LanguageMenu, SchemeToggle } from './Preferences.tsx'

/** The frame of every page behind the sign-in. */
export const Shell = () => {
  const { t } = useTranslation()
  const me = useMe()
  const [opened, { toggle, close }] = useDisclosure(false)
  const main = useFocusOnNavigation()
  const may = useMatches().at(-1)?.staticData.may
  useCatchUp()
  useEffect(() => {
    live.start(() => void queryClient.invalidateQueries({ queryKey: meQuery.queryKey }))
  }, [])
  return (
    <AppShell
      header={{ height: 54 }}
      navbar={{ width: 252, breakpoint: 'sm', collapsed: { mobile: !opened } }}
      padding={0}
      classNames={{ header: styles.header ?? '', navbar: styles.navbar ?? '', main: styles.main ?? '' }}
    >
      <a className="skip" href="#content">
        {t('common.skip')}
      </a>
      <AppShell.Header>
        <Burger
          opened={opened}
          onClick={toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label={t('nav.toggle')}
          aria-expanded={opened}
        />
        <Link to="/" className={styles.brand}>
          <Logo />
          {t('common.product')}
        </Link>
        <div className={styles.headEnd}>
          <SavedLanguage />
          <SchemeToggle />
          <PersonMenu />
        </div>
      </AppShell.Header>
      <AppShell.Navbar>
        <Nav role={me.role} onGo={close} />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} ref={main}>
        <LiveLost />
        <Alarms />
        {may && !mayDo(me.role, may) ? <NotAllowed /> : <Outlet />}
      </AppShell.Main>
    </AppShell>
  )
}

/** After the live connection was lost and found, calls may have ended unheard: lists of calls are read again. */
const useCatchUp = (): void => {
  const heard = useRef(false)
  useLiveEvents(({ type }) => {
    if (type !== 'hello') return
    if (heard.current)
      for (const key of ['GET /calls', 'GET /calls/:callId']) void queryClient.invalidateQueries({ queryKey: [key] })
    heard.current = true
  })
}

/** After a change of page, the keyboard starts at the new page's content. */
const useFocusOnNavigation = () => {
  const main = useRef<HTMLElement>(null)
  const pathname = useRouterState({ select: (state) => state.resolvedLocation?.pathname })
  const first = useRef(true)
  useEffect(() => {
    if (!first.current) main.current?.focus({ preventScroll: true })
    if (pathname) first.current = false
  }, [pathname])
  return main
}

const SavedLanguage = () => {
  const save = useAct('PATCH /me', { onDone: (me) => queryClient.setQueryData(meQuery.queryKey, me) })
  return <LanguageMenu onChoose={(locale) => save.mutate({ body: { locale } })} />
}

const PersonMenu = () => {
  const { t } = useTranslation()
  const me = useMe()
  const leave = useAct('POST /sign-out', { onDone: () => globalThis.location.assign('/sign-in') })
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <UnstyledButton className={styles.headButton} aria-label={t('nav.personMenu', { name: me.name })}>
          <Avatar name={me.name} size={28} radius="xl" color="petrol" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={styles.person}>
          <strong>{me.name}</strong>
          <span className="quiet">{t(`people.roles.${me.role}`)}</span>
        </div>
        <Menu.Divider />
        <Menu.Item component={Link} to="/account" leftSection={<IconAccount />}>
          {t('nav.account')}
        </Menu.Item>
        <Menu.Item leftSection={<IconSignOut />} onClick={() => leave.mutate(undefined)}>
          {t('nav.signOut')}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Said only while the live connection is down: what is shown may be old. */
const LiveLost = () => {
  const { t } = useTranslation()
  const state = useLiveState()
  return <output>{state === 'lost' && <span className={styles.liveLost}>{t('common.liveLost')}</span>}</output>
}
