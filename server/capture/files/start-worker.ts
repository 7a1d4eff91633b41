import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * Starts the module `name` beside the module `from` (its `import.meta.url`) in a worker thread with its own heap limit, an
 * empty environment and nobody reading its error output. From source (`.ts`: development and tests) it runs through tsx.
 */
export function startWorker(from: string, name: string, options: { data: unknown; heapMb: number }): Worker {
  const settings = {
    workerData: options.data,
    resourceLimits: { maxOldGenerationSizeMb: options.heapMb },
    env: {},
    stderr: true,
  }
  const worker = from.endsWith('.ts')
    ? new Worker(throughTsx(new URL(`./${name}.ts`, from).href), { ...settings, eval: true, execArgv: [] })
    : new Worker(new URL(`./${name}.js`, from), settings)
  worker.stderr.resume()
  return worker
}

function throughTsx(entry: string): string {
  // `require` finds tsx's CommonJS twin, which cannot import on Node 20.
  const api = createRequire(import.meta.url)
    .resolve('tsx/esm/api')
    .replace(/\.cjs$/, '.mjs')
  const url = JSON.stringify(entry)
  return `import(${JSON.stringify(pathToFileURL(api).href)}).then((m) => m.tsImport(${url}, ${url}))`
}
