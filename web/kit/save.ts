/** Hands the person a JSON file. */
export const saveJson = (name: string, content: unknown, type = 'application/json'): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([JSON.stringify(content, null, 2)], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
