import { SqlError } from "@effect/sql/SqlError"
import { codeOf, LOST_IN_COMMIT, messageOf } from "../../codes/postgres.js"

/** A failure of `pg` or of the server. */
export const sqlError = (cause: unknown): SqlError => new SqlError({ cause, message: messageOf(cause) })

/** A failure that the driver finds by itself. */
export const driverError = (message: string): SqlError => new SqlError({ cause: new Error(message), message })

/** The failure of a `COMMIT` whose answer was lost: the server may have committed. It has the code of its cause. */
export const outcomeUnknown = ({ cause }: SqlError): SqlError => {
  const message = `${LOST_IN_COMMIT}: ${messageOf(cause)}`
  return new SqlError({ cause: Object.assign(new Error(message, { cause }), { code: codeOf(cause) }), message })
}
