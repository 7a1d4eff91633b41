/** Hands the person a file. */
export const saveFile = (name: string, content: Blob): void => {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(content)
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

/** Hands the person a JSON file. */
export const saveJson = (name: string, content: unknown, type = 'application/json'): void =>
  saveFile(name, new Blob([JSON.stringify(content, null, 2)], { type }))
