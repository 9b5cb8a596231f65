/** Whether a PostgreSQL database is in order: one finding for each thing. */
import * as Effect from "effect/Effect"
import type { PostgresInspection } from "../engine/ports/Inspection.js"
import * as EngineStorage from "./EngineStorage.js"
import { type Finding, finding } from "./Finding.js"
import type { PostgresStore } from "./storeUrl.js"

/** The oldest version of PostgreSQL that the engine supports. */
const OLDEST = 15

const serverOf = ({ connections, encoding, is_replica, server, server_number }: PostgresInspection): Finding => {
  const named = `PostgreSQL ${server}`
  if (is_replica) {
    return finding("server", "problem", `${named} is a replica, which takes no writes. Name the primary server.`)
  }
  if (encoding !== "UTF8") {
    const message = `${named} stores this database as ${encoding}. Create one with ENCODING 'UTF8'.`
    return finding("server", "problem", message)
  }
  return Math.floor(server_number / 10_000) < OLDEST
    ? finding("server", "warning", `${named} is too old: the engine needs ${OLDEST} or newer.`)
    : finding("server", "ok", `${named}, which accepts ${connections} connections.`)
}

const settingsOf = ({ has_autovacuum, has_fsync }: PostgresInspection): ReadonlyArray<Finding> => [
  ...(has_fsync ? [] : [finding("settings", "warning", "fsync is off: a crash of the server can damage the store.")]),
  ...(has_autovacuum
    ? []
    : [finding("settings", "warning", "autovacuum is off: tables and indexes grow, and searches become slow.")])
]

const vectorOf = ({ has_vector, uses_vector, vector, version }: PostgresInspection): Finding => {
  if (uses_vector) return finding("pgvector", "ok", `Version ${vector}.`)
  const without =
    "Without it, at most 2,000 passages of an agent or a user have vectors, and messages and memories have none."
  if (version > 0) {
    const message = `The store was created without it. ${without} Install it, stop all processes, and run effect-julep reindex.`
    return finding("pgvector", "warning", message)
  }
  return vector !== null || has_vector
    ? finding(
        "pgvector",
        "ok",
        vector === null
          ? "It is installed on the server, and the next engine creates it in the database."
          : `Version ${vector}.`
      )
    : finding("pgvector", "warning", `The server lacks it: install pgvector. ${without}`)
}

const schemaOf = ({ can_create, compatible_from, version }: PostgresInspection, known: number): Finding => {
  if (version > known) {
    const message = `A newer release migrated it, to version ${version}; this one knows versions up to ${known}.`
    return compatible_from > known
      ? finding("schema", "problem", `${message} Install that release.`)
      : finding("schema", "warning", `${message} This release can use it; update it, too.`)
  }
  if (version === known) return finding("schema", "ok", `Version ${version}.`)
  return can_create
    ? finding("schema", "ok", `Version ${version}. It becomes ${known} when an engine opens it.`)
    : finding(
        "schema",
        "problem",
        `Version ${version}, and its user may not create tables. Grant CREATE on the schema.`
      )
}

/** Whether a database answers, and what of its server and its settings matters to an engine; and its vector spaces. */
export const database = (
  store: PostgresStore
): Effect.Effect<{ readonly findings: ReadonlyArray<Finding>; readonly spaces: PostgresInspection["spaces"] }> =>
  Effect.match(EngineStorage.inspectedDatabase(store), {
    onFailure: ({ message }) => ({ findings: [finding("store", "problem", message)], spaces: [] }),
    onSuccess: ({ known, ...found }) => ({
      findings: [
        finding("store", "ok", `${store.displayUrl} answers.`),
        serverOf(found),
        ...settingsOf(found),
        vectorOf(found),
        schemaOf(found, known)
      ],
      spaces: found.spaces
    })
  })
