import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"

/** How to connect to a PostgreSQL server. */
export interface ConnectOptions {
  /**
   * `postgres://user:password@host:port/database`, with the parameters of `pg`, such as `?sslmode=verify-full` and
   * `sslrootcert=FILE`. Characters of the password that have a meaning in URLs are percent-encoded. What the URL leaves
   * out comes from the environment (`PGHOST`, `PGPASSWORD` and the like).
   *
   * TLS is off unless `sslmode` says otherwise. `require`, `verify-ca` and `verify-full` all check the certificate and
   * the host, which `libpq` does for `verify-full` alone: a server with an authority of its own needs `sslrootcert`.
   * `no-verify` encrypts and checks nothing.
   */
  readonly url: Redacted.Redacted<string>
  /**
   * Whether statements have names, so that the server parses and plans each once a connection. Default: true. Use false
   * behind a pooler that hands out connections by transaction, such as pgbouncer in its transaction mode: then no
   * statement has a name, nothing is set in a session, and `listen` receives nothing.
   */
  readonly prepared?: boolean
  /** How long opening a connection may take. Default: 10 seconds. */
  readonly connectTimeout?: Duration.DurationInput
}

// A statement of the engine serves all its parameters equally well, and planning it anew takes longer than running it.
// To compile a statement takes longer than to compare tens of thousands of vectors, and is done each time that it runs.
const SETTINGS = "-c plan_cache_mode=force_generic_plan -c jit=off"

/** `pg` warns of each of these, because a later version of it may check less. */
const CHECKED = /(?<=[?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/g

/** The configuration of a client of `pg`. */
export const configOf = ({ url, prepared = true, connectTimeout = "10 seconds" }: ConnectOptions): object => {
  const given = Redacted.value(url)
  const text = given.includes("uselibpqcompat=true") ? given : given.replace(CHECKED, "verify-full")
  const query = text.indexOf("?")
  const theirs = query < 0 ? null : new URLSearchParams(text.slice(query)).get("options")
  const options = encodeURIComponent(theirs === null ? SETTINGS : `${SETTINGS} ${theirs}`)
  return {
    // The last `options` of a URL wins.
    connectionString: prepared ? `${text}${query < 0 ? "?" : "&"}options=${options}` : text,
    fallback_application_name: "effect-julep",
    connectionTimeoutMillis: Duration.toMillis(connectTimeout),
    keepAlive: true
  }
}

/** Where a URL leads, without its password and its parameters, one of which may be the password. */
export const addressOf = (url: Redacted.Redacted<string>): string => {
  try {
    const { protocol, username, host, pathname } = new URL(Redacted.value(url))
    return `${protocol}//${username === "" ? "" : `${username}@`}${host}${pathname}`
  } catch {
    return "the PostgreSQL database"
  }
}

/** Why a text is not the URL of a database, in words that do not repeat it. */
export const faultOf = (url: Redacted.Redacted<string>): string | undefined => {
  const text = Redacted.value(url)
  if (!/^postgres(ql)?:\/\//.test(text)) {
    return "The URL of the database must begin with postgres:// or postgresql://"
  }
  try {
    new URL(text.replace("@/", "@localhost/"))
    return undefined
  } catch {
    return (
      "The URL of the database cannot be read. It looks like postgres://user:password@host:5432/database. " +
      "Percent-encode the characters of the password that have a meaning in URLs, such as / as %2F and # as %23."
    )
  }
}
