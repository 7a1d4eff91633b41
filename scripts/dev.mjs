// `npm run dev`: the server from its sources, restarted on every change (port 8080), and the page with live reload.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { checkNode, install, root } from './tools.mjs'

checkNode()
await install()
const options = { cwd: root, stdio: 'inherit' }
const server = spawn(
  process.execPath,
  ['--watch', '--import', 'tsx', 'server/main.ts', 'start', ...process.argv.slice(2)],
  options,
)
const page = spawn(process.execPath, [join(root, 'node_modules/vite/bin/vite.js')], options)
const stop = (signal) => {
  server.kill(signal)
  page.kill(signal)
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
for (const child of [server, page]) child.on('exit', () => stop('SIGTERM'))
