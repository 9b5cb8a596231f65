/** PostgreSQL's error codes, and what to do about each. */
import type { SqlError } from "@effect/sql/SqlError"
import * as Predicate from "effect/Predicate"
import type { OpenReason } from "../../../schema/StorageErrors.js"

interface Advice {
  readonly reason: OpenReason
  readonly advice: string
}

const lost: Advice = {
  reason: "io",
  advice: "the connection to the database was lost; try again, and look at the log of the database if it happens often"
}
const uncertain: Advice = {
  reason: "io",
  advice:
    "the connection to the database was lost while changes were being committed, so they may or may not be " +
    "stored; check before you retry, or retry with the same idempotency key, which makes them once"
}
const unreachable: Advice = {
  reason: "io",
  advice: "the database cannot be reached; check the host and the port of the URL, and that the database runs"
}
const credentials: Advice = {
  reason: "permission",
  advice: "the database refuses this user; check the user and the password of the URL, and pg_hba.conf of the server"
}
const certificate: Advice = {
  reason: "permission",
  advice:
    "the certificate of the database is not trusted; name its authority in the URL with sslrootcert=FILE, or, without " +
    "protection against impostors, sslmode=no-verify"
}
const fileOfUrl: Advice = {
  reason: "options",
  advice: "a file that the URL names cannot be read; check sslrootcert, sslcert and sslkey"
}
const pooled: Advice = {
  reason: "options",
  advice: "the connection goes through a transaction-mode pooler; set prepared to false"
}
const starting: Advice = {
  reason: "busy",
  advice: "the database is starting or stopping; try again in a moment"
}

/** By the beginning of the code, the longer ones first: the first two characters of an SQLSTATE are its class. */
const known: ReadonlyArray<readonly [code: string, advice: Advice]> = [
  ["53100", { reason: "io", advice: "the disk of the database is full; free some space and try again" }],
  [
    "53300",
    {
      reason: "busy",
      advice:
        "the database has no connection left; lower the pool size of each process, raise max_connections, or put a " +
        "pooler in front"
    }
  ],
  ["53", { reason: "busy", advice: "the database lacks memory or another resource; try again later" }],
  ["57P03", starting],
  ["57P01", lost],
  ["57P02", lost],
  ["57P05", lost],
  ["25P03", lost],
  ["25P04", lost],
  ["57014", { reason: "io", advice: "the statement was cancelled or took longer than statement_timeout; try again" }],
  ["55P03", { reason: "busy", advice: "another transaction holds a lock for longer than lock_timeout; try again" }],
  ["40", { reason: "busy", advice: "the statement conflicts with another transaction; try again" }],
  ["08", lost],
  ["28", credentials],
  ["3D000", { reason: "not-a-database", advice: "there is no such database; create it, or choose another in the URL" }],
  ["42501", { reason: "permission", advice: "the user lacks a privilege; grant it, or use the owner of the schema" }],
  [
    "25006",
    { reason: "permission", advice: "the database is read-only, as a replica is; use the URL of the primary server" }
  ],
  ["42P05", pooled],
  ["26000", pooled],
  ["22021", { reason: "io", advice: "a text contains the character U+0000, which the database cannot hold" }],
  ["54000", { reason: "io", advice: "a value is larger than an index or a row of the database can hold" }],
  ["23", { reason: "io", advice: "the row violates a constraint" }],
  ["ECONNREFUSED", unreachable],
  ["ENOTFOUND", unreachable],
  ["EAI_AGAIN", unreachable],
  ["EHOSTUNREACH", unreachable],
  ["ENETUNREACH", unreachable],
  ["ETIMEDOUT", unreachable],
  ["ENOENT", unreachable],
  ["ECONNRESET", lost],
  ["EPIPE", lost],
  ["SELF_SIGNED", certificate],
  ["DEPTH_ZERO_SELF_SIGNED", certificate],
  ["UNABLE_TO_", certificate],
  [
    "CERT_HAS_EXPIRED",
    { reason: "permission", advice: "the certificate of the database, or of its authority, has expired; renew it" }
  ],
  ["CERT_", certificate],
  [
    "ERR_TLS_CERT_ALTNAME",
    {
      reason: "permission",
      advice: "the certificate of the database is of another host; use the host that the certificate names"
    }
  ]
]

/** How the message begins of a connection that was lost between `COMMIT` and its answer. */
export const LOST_IN_COMMIT = "The connection was lost during COMMIT"

/** What has no code, or one that says less. */
const messages: ReadonlyArray<readonly [message: RegExp, advice: Advice]> = [
  [new RegExp(`^${LOST_IN_COMMIT}`), uncertain],
  [/^Connection terminated/, lost],
  [/^(timeout expired|Client was closed)/, unreachable],
  [
    /does not support SSL/,
    { reason: "options", advice: "the database does not speak TLS; use sslmode=disable in the URL if that is wanted" }
  ],
  [/password must be a string/i, credentials],
  [/^E[A-Z]+: .*, (open|read)\b/, fileOfUrl],
  // A pooler does not know them.
  [/unsupported startup parameter/, pooled]
]

/** The message of an unknown failure. Connecting to a name of several addresses fails with several errors. */
export const messageOf = (cause: unknown): string =>
  cause instanceof AggregateError
    ? cause.errors.map(messageOf).join(", ")
    : cause instanceof Error
      ? cause.message
      : String(cause)

/** The code of an unknown failure, PostgreSQL's (`23503`) or the system's (`ECONNREFUSED`), or `""`. */
export const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""

/** Whether a failure is of a connection that was open: the system says whether it was to connect, to read or to write. */
const wasOpen = (cause: unknown): boolean =>
  Predicate.hasProperty(cause, "syscall") && (cause.syscall === "read" || cause.syscall === "write")

/** What is known about a failure. */
export const explain = (cause: unknown): Advice | undefined => {
  const code = codeOf(cause)
  const byCode = code === "" ? undefined : known.find(([prefix]) => code.startsWith(prefix))
  const advice = (messages.find(([message]) => message.test(messageOf(cause))) ?? byCode)?.[1]
  return advice === unreachable && wasOpen(cause) ? lost : advice
}

/** What to do about a failed statement, if its code is known. */
export const adviceFor = (error: SqlError): string | undefined => explain(error.cause)?.advice

/** Whether a failed statement may work soon: the database is away, starts, lacks a resource, or is busy. */
export const isTransient = (error: SqlError): boolean => {
  const known = explain(error.cause)
  return known === lost || known === unreachable || known?.reason === "busy"
}

/** Whether the connection was lost, so that the statement may have run. */
export const isLost = (error: SqlError): boolean => explain(error.cause) === lost

/** Whether the server ended the connection with this error, so that the connection must not be used again. */
export const endsConnection = (cause: unknown): boolean => /^(08|57P0|25P0[34])/.test(codeOf(cause))

/**
 * How often a transaction that failed with this error may run again. A missing parent row may be about to be committed by
 * another transaction, or to be deleted, and the second run sees which. A row that another transaction has just added is
 * found by the next run, which may meet another such row.
 */
export const retriesOf = (error: SqlError): number => {
  const code = codeOf(error.cause)
  if (code === "40001" || code === "40P01") return 5
  return code === "23505" ? 3 : code === "23503" ? 1 : 0
}
