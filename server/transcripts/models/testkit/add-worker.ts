import { bunzipInProcess } from '../archive.ts'
import { modelsCommand, terminal } from '../command.ts'
import type { CatalogueModel } from '../catalogue.ts'

/*
 * `verbale models add` of a test's catalogue in a process of its own, to be killed. With `stall` it says so and waits for ever
 * in the middle of the first file.
 */
const { model, argv, stall } = JSON.parse(process.argv[2] ?? '') as {
  model: CatalogueModel
  argv: string[]
  stall: boolean
}

async function* begin(archive: string): AsyncGenerator<Buffer> {
  for await (const chunk of bunzipInProcess(archive)) {
    yield chunk.subarray(0, 3000)
    process.stdout.write('begun\n')
    await new Promise((resolve) => setTimeout(resolve, 2 ** 31 - 1))
  }
}

process.exitCode = await modelsCommand(argv, {
  ...terminal,
  catalogue: [model],
  modelsDir: () => '',
  ...(stall && { bunzip: begin }),
})
