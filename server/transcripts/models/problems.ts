import { codeOf } from '../../platform/db/code.ts'
import { Problem } from '../../platform/problem.ts'

/** What goes wrong with adding models. Each says what to do next. */

const MB = 1_000_000
/** Megabytes for people, at least 1. */
export const megabytes = (bytes: number): number => Math.max(1, Math.round(bytes / MB))

export const unknownModel = (id: string, known: readonly string[]): Problem =>
  new Problem('model_unknown', 404, `There is no model "${id}" in the catalogue. There are: ${known.join(', ')}.`)

export const notInstalled = (id: string, root: string, found: readonly string[]): Problem =>
  new Problem(
    'model_not_installed',
    404,
    `There is no model "${id}" in ${root}. ${found.length > 0 ? `There are: ${found.join(', ')}.` : 'It holds no model.'}`,
  )

export const licenceNotAccepted = (id: string, licence: { name: string; url: string }): Problem =>
  new Problem(
    'model_licence_not_accepted',
    403,
    `The model ${id} is under ${licence.name} (${licence.url}), which was not accepted. Read it, then add --accept-licence.`,
  )

export const notPinned = (id: string): Problem =>
  new Problem(
    'model_not_pinned',
    409,
    `No SHA-256 is known for the model ${id}. Take it from the publisher and give it with --sha256, or take what comes with --trust-first, which prints it.`,
  )

export const unreachable = (url: string, why: string): Problem =>
  new Problem(
    'model_download_failed',
    502,
    `${url} cannot be downloaded (${why}). What has come is kept: run the command again, or fetch the file elsewhere and use --from FILE.`,
  )

export const refusedByServer = (url: string, status: number): Problem =>
  new Problem(
    'model_download_refused',
    502,
    `${url} was refused with status ${status}. Check the address, or fetch the file elsewhere and use --from FILE.`,
  )

export const otherSize = (where: string, bytes: number, expected: number): Problem =>
  new Problem(
    'model_archive_other',
    409,
    `${where} has ${bytes} bytes instead of ${expected}: the publisher has replaced it, or it is another file. Take the new SHA-256 from the publisher and give it with --sha256, or use --from with the file that belongs to this version.`,
  )

export const notAnArchive = (where: string, what: string): Problem =>
  new Problem(
    'model_archive_not_one',
    422,
    `${where} is ${what} instead of an archive (tar, bzip2). A proxy or a login page may stand in between: fetch the file elsewhere and use --from FILE.`,
  )

export const otherHash = (where: string, hash: string, expected: string): Problem =>
  new Problem(
    'model_archive_damaged',
    422,
    `${where} is damaged or another file: its SHA-256 is ${hash} instead of ${expected}. Nothing was installed. Run the command again; if it stays so, compare with the publisher's checksum.txt.`,
  )

export const refusedArchive = (where: string, why: string): Problem =>
  new Problem(
    'model_archive_refused',
    422,
    `${where} is not installed: ${why}. Get it from the publisher, or use another mirror.`,
  )

export const noSource = (from: string, wanted: string): Problem =>
  new Problem(
    'model_source_missing',
    404,
    `--from ${from} is neither the archive ${wanted}, nor a folder with it or with the model's files. Correct the path.`,
  )

export const noSpace = (root: string, free: number, needed: number): Problem =>
  new Problem(
    'disk_full',
    507,
    `The disk of ${root} has ${megabytes(free)} MB free; ${megabytes(needed)} MB are needed. Free some space, or choose another folder with --dir.`,
  )

export const busy = (root: string, process: string): Problem =>
  new Problem(
    'models_folder_busy',
    409,
    `Another "verbale models" works in ${root} (process ${process}). Wait until it is done, then run the command again.`,
  )

export const notLockable = (root: string): Problem =>
  new Problem(
    'models_folder_not_lockable',
    500,
    `The models folder ${root} cannot be locked: its file system has neither Unix sockets nor hard links. Choose a folder on a local disk with --dir.`,
  )

/** What the kernel says (`EACCES`), unlike what a library complains about. */
export const isSystemError = (e: unknown): e is NodeJS.ErrnoException => /^E[A-Z]+$/.test(codeOf(e) ?? '')

/** What the file system says, as a problem of the models folder or of what `--from` names. */
export function fileProblem(root: string, e: NodeJS.ErrnoException): Problem {
  const { code = '', path } = e
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new Problem(
      'disk_full',
      507,
      `The disk of ${root} became full. What has come is kept: free some space and run the command again.`,
    )
  if (path !== undefined && path !== root && !path.startsWith(`${root}/`))
    return new Problem(
      'model_source_missing',
      404,
      `${path} cannot be read (${code}). Correct --from, or its permissions.`,
    )
  return new Problem(
    'models_folder_not_writable',
    500,
    `The models folder ${root} cannot be written (${code}). Run the command as the user who owns it, or choose another folder with --dir.`,
  )
}
