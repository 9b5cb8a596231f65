import * as fs from "node:fs"
import * as path from "node:path"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type OpenReason, StorageOpenError } from "../../../schema/StorageErrors.js"
import { codeOf, messageOf } from "./causes.js"
import { type Load, loadNative, type NativeDatabase } from "./native.js"

/** How to open a database. */
export interface OpenOptions {
  /** An absolute path, or `":memory:"`. */
  readonly filename: string
  /**
   * `NORMAL` (default): a commit survives the death of the process, and the last ones may be lost in a power cut,
   * without damage. `FULL`: each commit also waits for the disk.
   */
  readonly synchronous?: "NORMAL" | "FULL"
  /** How long a statement waits for another program that has locked the file. It blocks the thread. Default: 5 seconds. */
  readonly busyTimeout?: Duration.DurationInput
  /** Reads a file before anything in it changes, and returns why it must not be opened. */
  readonly refuse?: ((query: (sql: string) => Array<Record<string, unknown>>) => string | undefined) | undefined
  /** Loads the native module. Default: the installed `libsql` package. */
  readonly load?: Load
}

const reasons: ReadonlyArray<readonly [code: RegExp, reason: OpenReason, advice: string]> = [
  [/^SQLITE_NOTADB/, "not-a-database", "The file is not a database: choose another file, or move this one away."],
  [/^SQLITE_CORRUPT/, "corrupt", "The file is damaged or incomplete: restore it from a backup."],
  [
    /^(EACCES|EPERM|EROFS|SQLITE_(READONLY|PERM|AUTH))/,
    "permission",
    "Give this user the right to read and write the file and its folder."
  ],
  [/^SQLITE_(BUSY|LOCKED)/, "busy", "Another program holds the file: close it and try again."],
  [/^EISDIR/, "io", "This is a folder: choose a file in it."],
  [/^(ENOENT|ENOTDIR)/, "io", "Create the folder first."]
]

/** A failure of the file system or of SQLite, with its reason and what to do about it. */
export const openError = (file: string, cause: unknown): StorageOpenError => {
  const known = reasons.find(([code]) => code.test(codeOf(cause)))
  const [, reason, advice] = known ?? [undefined, "io" as const, "Check the disk and the path."]
  return new StorageOpenError({ file, reason, message: `Cannot open ${file}: ${messageOf(cause)}. ${advice}`, cause })
}

// The native module reports all of these as a bare "14", so the reason is found out first. Nothing here opens the file:
// closing a second descriptor would drop the locks that SQLite holds on it.
const checkAccess = (file: string): void => {
  fs.accessSync(path.dirname(file), fs.constants.W_OK | fs.constants.X_OK)
  const stat = fs.statSync(file, { throwIfNoEntry: false })
  if (stat?.isDirectory()) throw Object.assign(new Error("it is a folder"), { code: "EISDIR" })
  if (stat) fs.accessSync(file, fs.constants.R_OK | fs.constants.W_OK)
}

const configure = (db: NativeDatabase, options: OpenOptions): void => {
  const memory = options.filename === ":memory:"
  const synchronous = options.synchronous ?? "NORMAL"
  const busyTimeout = Math.round(Duration.toMillis(options.busyTimeout ?? Duration.seconds(5)))
  const pragmas: ReadonlyArray<readonly [name: string, value: string | number, reads: unknown]> = [
    ["busy_timeout", busyTimeout, busyTimeout],
    ["journal_mode", "WAL", memory ? "memory" : "wal"],
    ["foreign_keys", "ON", 1],
    ["synchronous", synchronous, synchronous === "FULL" ? 2 : 1],
    // 16 MB each, of pages in memory (KiB when negative) and of -wal file (pages): a checkpoint waits for the disk.
    ["cache_size", -16_000, -16_000],
    ["wal_autocheckpoint", 4000, 4000]
  ]
  // Reading the schema reads page one, where SQLite compares the length in the header with the file's own: this finds
  // foreign and cut files at a cost that does not grow with the file, as quick_check (minutes on gigabytes) would.
  db.prepare("SELECT count(*) FROM sqlite_schema").all([])
  const refused = options.refuse?.((sql) => db.prepare(sql).all([]))
  if (refused !== undefined) {
    const message = `Cannot open ${options.filename}: ${refused}`
    throw new StorageOpenError({ file: options.filename, reason: "not-a-database", message })
  }
  for (const [name, value] of pragmas) db.exec(`PRAGMA ${name} = ${value}`)
  // Read back after a transaction: drivers are known to lose settings with the first one.
  db.exec("BEGIN IMMEDIATE")
  db.exec("COMMIT")
  for (const [name, , expected] of pragmas) {
    const actual = Object.values(db.prepare(`PRAGMA ${name}`).all([])[0] ?? {})[0]
    if (actual !== expected) {
      const message = `Cannot open ${options.filename}: PRAGMA ${name} reads ${actual}, not ${expected}. ${
        name === "journal_mode"
          ? "Put the file on a local disk: WAL needs shared memory."
          : "Please report this as a bug."
      }`
      throw new StorageOpenError({ file: options.filename, reason: "pragma", message })
    }
  }
}

// Without the checkpoint, a closed database would leave its last pages in the -wal file. The garbage collector frees the
// connection with its last prepared statement; until then it holds no lock that matters.
const close = (db: NativeDatabase, file: string): void => {
  try {
    if (db.inTransaction) db.exec("ROLLBACK")
    if (file !== ":memory:") {
      db.exec("PRAGMA busy_timeout = 0")
      db.exec("PRAGMA wal_checkpoint(TRUNCATE)")
    }
  } catch {
    // Another program that reads the file postpones the checkpoint; the data is safe in the -wal file.
  }
  db.close()
}

/** Opens and configures a native connection, and proves that the file is a database; the scope closes it. */
export const openNative = (options: OpenOptions): Effect.Effect<NativeDatabase, StorageOpenError, Scope.Scope> =>
  Effect.flatMap(loadNative(options.filename, options.load), (Native) =>
    Effect.acquireRelease(
      Effect.try({
        try: () => {
          if (options.filename !== ":memory:") checkAccess(options.filename)
          const db = new Native(options.filename)
          try {
            configure(db, options)
          } catch (cause) {
            db.close()
            throw cause
          }
          return db
        },
        catch: (cause) => (cause instanceof StorageOpenError ? cause : openError(options.filename, cause))
      }),
      (db) => Effect.sync(() => close(db, options.filename))
    )
  )
