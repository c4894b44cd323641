// The machine's own ceiling: a bare HTTP server that answers the same number of bytes. `node bare.ts PORT BYTES`
import { createServer } from 'node:http'

const [port, bytes] = process.argv.slice(2).map(Number) as [number, number]
const body = Buffer.alloc(bytes, 120)
createServer((request, response) => {
  request.resume()
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': bytes })
  response.end(body)
}).listen(port, '127.0.0.1')
