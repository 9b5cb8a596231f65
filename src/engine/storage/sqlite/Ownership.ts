/** Whose database a file is: other programs have SQLite files, too. */

/** The `application_id` in the header of the engine's files: "JULP". */
export const APPLICATION_ID = 0x4a554c50

/** Reads rows of a database. */
type Query = (sql: string) => ReadonlyArray<{ readonly [column: string]: unknown }>

/**
 * Why a database is not the engine's, or `undefined`. An empty one may become it, and one without an id that has the
 * engine's table of schema versions was written before ids were set.
 */
export const notOurs = (query: Query): string | undefined => {
  const id = query("PRAGMA application_id")[0]?.["application_id"]
  if (id === APPLICATION_ID) return undefined
  const names = query("SELECT name FROM sqlite_schema ORDER BY rowid LIMIT 6").map(({ name }) => String(name))
  const versions = query("SELECT name FROM pragma_table_info('schema_versions')").map(({ name }) => name)
  const adoptable = names.length === 0 || (versions.includes("version") && versions.includes("applied_at"))
  if (id === 0 && adoptable) return undefined
  const has = names.length === 0 ? `its application_id is ${id}` : `it contains ${names.join(", ")}`
  return `it is the database of another program (${has}). Choose another file, or move this one away.`
}
