import styles from './layout.module.css'

/** The mark: a voice between two margins. */
export const Logo = ({ size = 26 }: { size?: number }) => (
  <svg className={styles.logo} width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
    <rect width="32" height="32" rx="7" />
    <path d="M8 12.5v7M12 9v14M16 12.5v7M20 9v14M24 12.5v7" />
  </svg>
)
