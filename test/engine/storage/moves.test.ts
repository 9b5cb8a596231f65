/** Moves of stores: from a file into a file, and between databases of different kinds. */
import { move } from "../../suites/storage/move.js"
import { postgres } from "../../support/postgres/database.js"
import { onPostgres } from "../../support/postgres.js"
import { libsql } from "./support/store.js"

move(libsql, libsql)

onPostgres("between databases", (url) => {
  move(libsql, postgres(url))
  move(postgres(url), libsql)
})
