/** The stable code of a system or database error (`ENOSPC`, `57P01`), if it has one. */
export function codeOf(e: unknown): string | undefined {
  return typeof e === 'object' && e !== null && 'code' in e && typeof e.code === 'string' ? e.code : undefined
}
