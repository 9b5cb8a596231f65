/** Schemas of a PostgreSQL database for tests: each is empty, and one test's alone. */
import { threadId } from "node:worker_threads"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import pg from "pg"

/** What the schemas of a run begin with, so that its end can drop them. */
const prefix = `julep_test_${process.pid}_`

/** Deletes all rows, children before their parents, which are older. Far cheaper than a new schema, or than TRUNCATE. */
export const emptying = (schema: string) => `DO $$ DECLARE each regclass; BEGIN
  FOR each IN SELECT oid FROM pg_class
    WHERE relnamespace = '${schema}'::regnamespace AND relkind = 'r' AND relname <> 'schema_versions' ORDER BY oid DESC
  LOOP EXECUTE 'DELETE FROM ' || each; END LOOP;
  IF EXISTS (SELECT FROM pg_constraint WHERE connamespace = '${schema}'::regnamespace AND conname = 'refused')
  THEN ALTER TABLE ${schema}.passages DROP CONSTRAINT refused; END IF;
END $$`

/** One connection for each thread, for as long as the thread lives, and its schemas that no test uses. */
const connections = new Map<string, Promise<{ readonly client: pg.Client; readonly free: Array<string> }>>()
let made = 0
let queue: Promise<unknown> = Promise.resolve()

const connected = async (url: string) => {
  // A test that leaves a transaction open must not stop the next one without a word.
  const client = new pg.Client({ connectionString: url, options: "-c lock_timeout=10s" })
  await client.connect()
  return { client, free: [] }
}

const take = async (url: string): Promise<string> => {
  const connection = connections.get(url) ?? connected(url)
  connections.set(url, connection)
  const { client, free } = await connection
  const used = free.pop()
  const schema = used ?? `${prefix}${threadId}_${++made}`
  // A test may take two at once, and a connection runs one statement at a time.
  const done = queue.then(() => client.query(used === undefined ? `CREATE SCHEMA ${schema}` : emptying(schema)))
  queue = done.catch(() => undefined)
  await done
  return schema
}

const giveBack = async (url: string, schema: string) => {
  const connection = await connections.get(url)
  connection?.free.push(schema)
}

const urlOf = (url: string, schema: string): string => {
  const own = new URL(url)
  own.searchParams.set("options", `-c search_path=${schema}`)
  return own.href
}

/** The URL of a schema without rows, the caller's alone until the scope closes. Its tables may be there. */
export const emptySchema = (url: string): Effect.Effect<string, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.promise(() => take(url)),
      (schema) => Effect.promise(() => giveBack(url, schema))
    ),
    (schema) => urlOf(url, schema)
  )

/** The URL of a schema without tables, which is dropped when the scope closes. */
export const newSchema = (url: string): Effect.Effect<string, never, Scope.Scope> => {
  const query = (text: string) =>
    Effect.promise(async () => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      await client.query(text)
      await client.end()
    })
  return Effect.suspend(() => {
    const schema = `${prefix}new_${threadId}_${++made}`
    return Effect.as(
      Effect.acquireRelease(query(`CREATE SCHEMA ${schema}`), () => query(`DROP SCHEMA ${schema} CASCADE`)),
      urlOf(url, schema)
    )
  })
}

/** Drops the schemas of this run. */
export const dropSchemas = async (url: string): Promise<void> => {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    "SELECT nspname AS name FROM pg_namespace WHERE starts_with(nspname, $1)",
    [prefix]
  )
  for (const { name } of rows) await client.query(`DROP SCHEMA ${name} CASCADE`)
  await client.end()
}
