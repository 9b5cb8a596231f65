/** Puts a backup in the place of a store. */
import * as fs from "node:fs"
import * as path from "node:path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as FileLock from "../engine/storage/libsql/FileLock.js"
import { schemaVersion } from "../engine/storage/sqlite/Migrations.js"
import { StorageError, StorageLocked, StorageOpenError } from "../schema/StorageErrors.js"
import type { Failure } from "./EngineOptions.js"
import * as EngineStorage from "./EngineStorage.js"

/** What belongs to a database beside its file. */
const WAL = "-wal"
const SHM = "-shm"

const attempt = <A>(what: string, run: () => A): Effect.Effect<A, StorageError> =>
  Effect.try({
    try: run,
    catch: (cause) =>
      new StorageError({ message: `${what} (${Object(cause).code ?? cause}). The store was not changed.`, cause })
  })

/** The file that a path leads to. */
const realOf = (file: string): string => (fs.existsSync(file) ? fs.realpathSync(file) : path.resolve(file))

const refused = (backup: string, problem: string) =>
  new StorageError({ message: `${backup} cannot be restored: ${problem} The store was not changed.` })

const checkBackup = (backup: string, file: string): Effect.Effect<void, StorageOpenError | StorageLocked> => {
  if (!fs.existsSync(backup)) {
    return Effect.fail(new StorageOpenError({ file: backup, reason: "io", message: `There is no file ${backup}.` }))
  }
  if (realOf(backup) === file) {
    const message = `${backup} is the store itself. Name a backup of it.`
    return Effect.fail(new StorageOpenError({ file: backup, reason: "options", message }))
  }
  const pid = FileLock.holder(realOf(backup))
  if (pid === undefined) return Effect.void
  const message = `${backup} is in use by process ${pid}. Stop it, or restore a backup of it.`
  return Effect.fail(new StorageLocked({ file: backup, pid, message }))
}

/** A copy of the backup beside the store, so that a rename can put it in place. It is removed with the scope. */
const staged = (backup: string, file: string): Effect.Effect<string, StorageError, Scope.Scope> => {
  const copy = `${file}.restoring`
  const clean = () => {
    for (const end of ["", WAL, SHM, ".lock", ".lock.pid"]) fs.rmSync(`${copy}${end}`, { force: true })
  }
  return Effect.acquireRelease(
    attempt(`${backup} cannot be copied to ${copy}`, () => {
      clean()
      for (const end of ["", WAL]) {
        if (fs.existsSync(`${backup}${end}`)) {
          fs.copyFileSync(`${backup}${end}`, `${copy}${end}`, fs.constants.COPYFILE_FICLONE)
        }
      }
      return copy
    }).pipe(Effect.tapError(() => Effect.sync(clean))),
    () => Effect.sync(clean)
  )
}

/** Fails unless a copy is a whole store of this release or of an older one. */
const checkCopy = (backup: string, copy: string): Effect.Effect<void, Failure> =>
  Effect.gen(function* () {
    const { compatible_from, damaged, faults, version } = yield* EngineStorage.inspected(copy).pipe(
      // The error names the copy, and its advice is for a store.
      Effect.catchTag("StorageOpenError", ({ message, reason }) => {
        const [what = ""] = message.replace(`Cannot open ${copy}: `, "").split(". ")
        return refused(backup, reason === "corrupt" ? "it is damaged." : `${what}.`)
      })
    )
    const [fault] = faults
    if (fault !== undefined) return yield* refused(backup, `it is damaged (${fault}).`)
    const [text] = damaged
    if (text !== undefined) {
      return yield* refused(backup, `${text.column} of row ${text.rowid} of its table ${text.table} is not UTF-8.`)
    }
    if (version === 0) return yield* refused(backup, "it has no store.")
    if (compatible_from > schemaVersion) {
      return yield* refused(
        backup,
        `a newer release of effect-julep wrote it, with schema version ${version}; this one knows versions up to ${schemaVersion}.`
      )
    }
  })

const flush = (file: string): void => {
  const descriptor = fs.openSync(file, "r+")
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

/** Moves what is there aside, and returns where it is. The file goes first, because no other may be read with its log. */
const putAside = (file: string, now: number): string | undefined => {
  if (!fs.existsSync(file)) return undefined
  const aside = `${file}.before-restore.${new Date(now).toISOString().replace(/[-:]|\..*/g, "")}`
  for (const end of ["", WAL]) {
    if (fs.existsSync(`${file}${end}`)) fs.renameSync(`${file}${end}`, `${aside}${end}`)
  }
  return aside
}

/**
 * Puts a backup in the place of a store that nobody has open, and returns where the store is that was there. The backup stays
 * as it is.
 */
export const restore = (backup: string, store: string): Effect.Effect<string | undefined, Failure> =>
  Effect.gen(function* () {
    const file = realOf(store)
    yield* checkBackup(backup, file)
    yield* attempt(`The folder of ${file} cannot be created`, () =>
      fs.mkdirSync(path.dirname(file), { recursive: true })
    )
    yield* FileLock.acquire(file)
    const copy = yield* staged(backup, file)
    yield* checkCopy(backup, copy)
    const now = yield* Clock.currentTimeMillis
    yield* attempt(`${copy} cannot be written to the disk`, () => flush(copy))
    return yield* Effect.try({
      try: () => {
        const aside = putAside(file, now)
        fs.rmSync(`${file}${SHM}`, { force: true })
        fs.renameSync(copy, file)
        return aside
      },
      catch: (cause) =>
        new StorageError({
          message: `The store was moved aside, but the backup cannot take its place (${Object(cause).code ?? cause}). Restore again.`,
          cause
        })
    }).pipe(Effect.uninterruptible)
  }).pipe(Effect.scoped)
