import { type ObjectFile, type Objects, writeAll } from '../../platform/objects/index.ts'

/**
 * Writes a whole segment so that its name appears only once its bytes are durable. The folder is made when missing.
 * On an error nothing is left behind.
 */
export async function writeSegmentFile(
  objects: Objects,
  folder: string,
  path: string,
  source: AsyncIterable<Buffer>,
): Promise<void> {
  if (await objects.makeFolder(folder)) await objects.syncFolder('')
  const part = `${path}.part`
  await objects.remove(part)
  let file: ObjectFile | undefined
  try {
    file = await objects.create(part)
    let position = 0
    for await (const piece of source) {
      await writeAll(file, piece, position)
      position += piece.length
    }
    await file.sync()
    await file.close()
    file = undefined
    await objects.rename(part, path)
    await objects.syncFolder(folder)
  } catch (e) {
    await file?.close().catch(() => undefined)
    await objects.remove(part).catch(() => undefined)
    throw e
  }
}
