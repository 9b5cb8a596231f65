/**
 * What can be said of a database file without changing its schema. It is apart from what finds it, because the types of the
 * public entries reach it, and these name no package that an application does not install.
 */
import type { Space } from "./Storage.js"

/** A text whose bytes are not UTF-8. */
export interface DamagedText {
  readonly table: string
  readonly column: string
  readonly rowid: number
}

export interface Inspection {
  /** The version of its schema; 0 of a database without one. */
  readonly version: number
  /** The oldest version whose release can use it. */
  readonly compatible_from: number
  /** What SQLite finds wrong with it, the first few. */
  readonly faults: ReadonlyArray<string>
  /** The vector spaces of its vectors, of all developers. */
  readonly spaces: ReadonlyArray<Space>
  /** The texts that are not UTF-8, which SQLite does not look for. */
  readonly damaged: ReadonlyArray<DamagedText>
}

/** What can be said of a PostgreSQL database. */
export interface PostgresInspection {
  /** The version of the server, as it reports it and as a number: `180004` is 18.4. */
  readonly server: string
  readonly server_number: number
  /** The encoding of the database, such as `UTF8`. */
  readonly encoding: string
  /** Whether it is a replica, which takes no writes. */
  readonly is_replica: boolean
  readonly has_fsync: boolean
  readonly has_autovacuum: boolean
  /** How many connections the server accepts, those for its administrators left out. */
  readonly connections: number
  /** Whether the user may create tables in the schema that is searched first. */
  readonly can_create: boolean
  /** The version of the extension `vector` that the database has; `null` if it has none. */
  readonly vector: string | null
  /** Whether the server has the files of this extension. */
  readonly has_vector: boolean
  /** Whether the tables have its type, which is decided when they are created. */
  readonly uses_vector: boolean
  /** The version of the schema; 0 of a database without one. */
  readonly version: number
  /** The oldest schema whose release can use it. */
  readonly compatible_from: number
  /** The vector spaces of its vectors, of all developers. */
  readonly spaces: ReadonlyArray<Space>
}
