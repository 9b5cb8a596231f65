import type { PgClient, PgModule } from "./module.js"

/** How long a CancelRequest may take, in milliseconds. */
const DEADLINE = 5000

/**
 * Asks the server to cancel what a connection runs, over a connection of its own: the pool may be exhausted. `done` is
 * called when the server has passed the request on, or with `false` if that is not certain.
 */
export const requestCancel = ({ Connection }: PgModule, client: PgClient, done: (certain: boolean) => void): void => {
  const { host, port, processID, secretKey, ssl } = client
  if (processID === null || secretKey === null) {
    done(false)
    return
  }
  const connection = new Connection({ ssl })
  let settled = false
  let sent = false
  const settle = (certain: boolean) => {
    if (settled) return
    settled = true
    clearTimeout(deadline)
    connection.stream.destroy()
    done(certain)
  }
  const deadline = setTimeout(() => settle(false), DEADLINE)
  const send = () => {
    sent = true
    connection.cancel(processID, secretKey)
  }
  connection.on("connect", () => (ssl ? connection.requestSsl() : send()))
  connection.on("sslconnect", send)
  connection.on("error", () => settle(false))
  // The server closes the connection once it has signalled the process.
  connection.on("end", () => settle(sent))
  if (host.startsWith("/")) connection.connect(`${host}/.s.PGSQL.${port}`)
  else connection.connect(port, host)
}
