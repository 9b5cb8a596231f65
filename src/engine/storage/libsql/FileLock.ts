import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { StorageLocked, type StorageOpenError } from "../../../schema/StorageErrors.js"
import { codeOf } from "./causes.js"
import { type Load, loadNative, type NativeDatabase } from "./native.js"
import { openError } from "./open.js"

// The pid is in a file beside the lock. Reading the locked file itself would drop the lock with the descriptor if the
// holder is another thread of this process.
const pidFile = (file: string) => `${file}.lock.pid`

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (cause) {
    return codeOf(cause) === "EPERM"
  }
}

/** The living process that wrote its pid beside the lock of a file. */
export const holder = (file: string): number | undefined => {
  try {
    const pid = Number(fs.readFileSync(pidFile(file), "utf8").trim())
    return Number.isSafeInteger(pid) && pid > 0 && isAlive(pid) ? pid : undefined
  } catch {
    // The holder has not written its pid yet.
    return undefined
  }
}

const locked = (file: string): StorageLocked => {
  const pid = holder(file)
  if (pid === process.pid) {
    const message = `${file} is in use by another thread of this process, or by another copy of the package in it`
    return new StorageLocked({ file, pid, message })
  }
  const who = pid === undefined ? "another process" : `process ${pid}`
  const message = `${file} is in use by ${who}. Stop it, or choose another file: one process at a time uses a database file.`
  return new StorageLocked(pid === undefined ? { file, message } : { file, pid, message })
}

/**
 * Holds `<file>.lock` for the scope, so that one process at a time uses the database file. The lock is SQLite's write
 * lock on an empty sidecar database. The kernel frees it when the process ends, however it ends, and of several processes
 * that race exactly one gets it. The others fail at once with `StorageLocked`, which names the pid that the holder wrote
 * beside the lock. The sidecar is never deleted: a process that waits on a deleted file would lock nothing.
 *
 * Fails with `StorageOpenError` when the native package is missing or the folder cannot be written.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 *
 * const program = Effect.scoped(Effect.zipRight(acquire("/var/lib/app/julep.db"), Effect.never))
 * ```
 */
export const acquire = (
  file: string,
  load?: Load
): Effect.Effect<void, StorageLocked | StorageOpenError, Scope.Scope> =>
  Effect.flatMap(loadNative(file, load), (Native) => {
    const take = Effect.try({
      try: (): NativeDatabase => {
        const db = new Native(`${file}.lock`)
        try {
          // Without this, the write transaction would leave a journal file beside the lock.
          db.exec("PRAGMA journal_mode = MEMORY")
          db.exec("BEGIN IMMEDIATE")
          fs.writeFileSync(pidFile(file), `${process.pid}\n`)
        } catch (cause) {
          db.close()
          throw cause
        }
        return db
      },
      catch: (cause) => (codeOf(cause) === "SQLITE_BUSY" ? locked(file) : openError(`${file}.lock`, cause))
    })
    const release = (db: NativeDatabase) =>
      Effect.sync(() => {
        fs.rmSync(pidFile(file), { force: true })
        db.exec("ROLLBACK")
        db.close()
      })
    return Effect.asVoid(Effect.acquireRelease(take, release))
  })
