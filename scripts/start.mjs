// `npm start`: installs and builds what is missing, then becomes the server. Arguments: see `npm start -- --help`.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from './build.mjs'
import { checkNode, fail, install, root } from './tools.mjs'

checkNode()
const main = join(root, 'dist/server/main.js')
await install({ development: !existsSync(main) })
await build().catch((error) => fail(error.message))
process.setSourceMapsEnabled(true)
process.argv = [process.argv[0] ?? 'node', main, ...process.argv.slice(2)]
// the same process: no one stands between a signal and the server
await import(pathToFileURL(main).href)
