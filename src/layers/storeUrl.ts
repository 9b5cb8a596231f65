/** What names a store: a path, a `file:` URL, or the URL of a PostgreSQL database. It is read before an engine is loaded. */
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import { JulepConfigError } from "../schema/Errors.js"

/**
 * A PostgreSQL database, which several processes can share. `docs/postgres.md` says what to set for its poolers, its
 * certificates and its backups.
 *
 * @example
 * ```ts
 * import { Embedded } from "effect-julep/embedded"
 *
 * const storage: Embedded.PostgresOptions = {
 *   url: "postgres://julep:secret@db.example.com/julep?sslmode=verify-full",
 *   poolSize: 5
 * }
 * const engine = Embedded.layer({ storage })
 * ```
 */
export interface PostgresOptions {
  /**
   * Where it is, such as `postgres://user:password@host:5432/database?sslmode=verify-full`, with the parameters of libpq that
   * `pg` knows. The password is in no error, log or span.
   */
  readonly url: string | Redacted.Redacted
  /** How many connections this process opens at most: a whole number from 1. Default: `pool_size` of the URL, else 8. */
  readonly poolSize?: number | undefined
  /**
   * Whether statements are prepared, once for each connection. `false` for a pooler in transaction mode, such as PgBouncer.
   * Default: `prepared` of the URL, else `false` where it has `pgbouncer=true`, else `true`.
   */
  readonly prepared?: boolean | undefined
}

/** A PostgreSQL database, as its driver opens it. */
export interface PostgresStore {
  /** Without the parameters that are of this package. */
  readonly url: Redacted.Redacted
  readonly poolSize: number | undefined
  readonly prepared: boolean | undefined
  /** The URL without its password and its parameters, one of which may be the password. */
  readonly displayUrl: string
}

/** Whether a text is the URL of a PostgreSQL database. */
export const isPostgresUrl = (given: string): boolean => /^postgres(ql)?:/i.test(given.trim())

/** The path of a text that is a path or a `file:` URL; undefined for another URL. */
export const pathOf = (given: string): string | undefined =>
  /^(?!file:)[a-z][a-z0-9+.-]+:\/\//i.test(given) ? undefined : given.replace(/^file:(\/\/(?=\/))?/, "")

const fault = (message: string) => Either.left(new JulepConfigError({ message }))

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["false", false]
])

const wholeNumber = (text: string): number => (/^\d+$/.test(text) ? Number(text) : Number.NaN)

/**
 * The database of some options. `name`: what the URL is called in errors, which never repeat it, because it may hold a
 * password.
 */
export const postgresStore = (
  { poolSize, prepared, url: given }: PostgresOptions,
  name: string
): Either.Either<PostgresStore, JulepConfigError> => {
  const text = Redacted.isRedacted(given) ? Redacted.value(given) : given
  // A host may be absent, as for a socket, but not where there is a user.
  const parseable = typeof text === "string" ? text.trim().replace("@/", "@localhost/") : ""
  if (typeof text !== "string" || !isPostgresUrl(text) || !URL.canParse(parseable)) {
    return fault(
      `${name} must be the URL of a PostgreSQL database, such as postgres://user:password@host:5432/database. In a password, write characters such as /, # and % percent-encoded.`
    )
  }
  const { hostname, pathname, port, protocol, username } = new URL(parseable)
  const [address = "", query = ""] = text.trim().split(/\?(.*)/s)
  const parameters = new URLSearchParams(query)
  const count = parameters.size
  /** A parameter that is of this package, and not of the driver. */
  const take = (parameter: string): string | undefined => {
    const value = parameters.get(parameter) ?? undefined
    parameters.delete(parameter)
    return value
  }
  const [ofPool, ofStatements, isPooled] = [take("pool_size"), take("prepared"), take("pgbouncer") === "true"]
  const size: unknown = poolSize ?? (ofPool === undefined ? undefined : wholeNumber(ofPool))
  if (size !== undefined && !(typeof size === "number" && Number.isSafeInteger(size) && size > 0)) {
    const option = poolSize === undefined ? `pool_size of ${name}` : "storage.poolSize"
    return fault(`${option} must be a whole number from 1, such as 8.`)
  }
  const flag: unknown = prepared ?? (ofStatements === undefined ? undefined : (FLAGS.get(ofStatements) ?? ofStatements))
  if (flag !== undefined && typeof flag !== "boolean") {
    const option = prepared === undefined ? `prepared of ${name}` : "storage.prepared"
    return fault(`${option} must be true or false.`)
  }
  return Either.right({
    url: Redacted.make(parameters.size === count ? text.trim() : `${address}?${parameters}`),
    poolSize: size,
    prepared: flag ?? (isPooled ? false : undefined),
    displayUrl: `${protocol}//${username === "" ? "" : `${username}@`}${hostname}${port === "" ? "" : `:${port}`}${pathname}`
  })
}
