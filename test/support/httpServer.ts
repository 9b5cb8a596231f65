import * as http from "node:http"

/** A server that closes at once: clients keep connections open that have carried no request. */
export const promptServer = (): http.Server => {
  const server = http.createServer()
  const close = server.close.bind(server)
  server.close = (done) => {
    close(done)
    server.closeAllConnections()
    return server
  }
  return server
}
