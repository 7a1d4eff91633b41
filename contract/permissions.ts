/** Who may do what. The server enforces it in one place (platform/http/mount.ts); the page uses it to explain what is not allowed. */

export const roles = ['agent', 'supervisor', 'quality_manager', 'analyst', 'privacy_officer', 'administrator'] as const
export type Role = (typeof roles)[number]

export const permissions = [
  'calls.read',
  'calls.listen',
  'calls.control',
  'calls.add',
  'calls.export',
  'access.read',
  'access.search',
  'policy.read',
  'policy.write',
  'people.read',
  'people.manage',
  'sources.manage',
  'tokens.manage',
  'governance.read',
  'governance.write',
  'consents.record',
  'callers.link',
] as const
export type Permission = (typeof permissions)[number]

export const permissionsOf: Record<Role, readonly Permission[]> = {
  agent: ['calls.read', 'calls.listen', 'calls.control', 'consents.record', 'callers.link'],
  supervisor: [
    'calls.read',
    'calls.listen',
    'calls.control',
    'people.read',
    'policy.read',
    'governance.read',
    'consents.record',
    'callers.link',
  ],
  quality_manager: ['calls.read', 'calls.listen', 'people.read', 'policy.read', 'governance.read'],
  analyst: ['calls.read', 'policy.read'],
  privacy_officer: [
    'calls.read',
    'calls.listen',
    'calls.export',
    'access.read',
    // across calls the records tell how people work: for the one role that answers for their use (CNIL 2021-122)
    'access.search',
    'people.read',
    'policy.read',
    'policy.write',
    'governance.read',
    'governance.write',
    'consents.record',
    'callers.link',
  ],
  administrator: [
    'calls.read',
    'calls.listen',
    'calls.add',
    'calls.export',
    'policy.read',
    'policy.write',
    'people.read',
    'people.manage',
    'sources.manage',
    'tokens.manage',
    'access.read',
    'governance.read',
    'governance.write',
    'callers.link',
  ],
}

/** Which calls a role reaches: its own, those of its teams, or all. */
export const reachOf: Record<Role, 'own' | 'teams' | 'all'> = {
  agent: 'own',
  supervisor: 'teams',
  quality_manager: 'all',
  analyst: 'all',
  privacy_officer: 'all',
  administrator: 'all',
}

export const mayDo = (role: Role, permission: Permission): boolean => permissionsOf[role].includes(permission)

/** Who may share a saved search with everybody who may use its purpose. */
export const mayShareSearches = (role: string): boolean =>
  ['supervisor', 'quality_manager', 'privacy_officer'].includes(role)
