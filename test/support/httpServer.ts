import * as http from "node:http"

/** A server that closes as soon as it is told to: clients keep connections open that no request ever came by. */
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
