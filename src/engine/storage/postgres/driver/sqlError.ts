import { SqlError } from "@effect/sql/SqlError"
import { messageOf } from "../../codes/postgres.js"

/** A failure of `pg` or of the server. */
export const sqlError = (cause: unknown): SqlError => new SqlError({ cause, message: messageOf(cause) })

/** A failure that the driver finds by itself. */
export const refusal = (message: string): SqlError => new SqlError({ cause: new Error(message), message })
