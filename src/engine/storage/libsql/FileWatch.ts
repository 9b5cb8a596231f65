/** Notices that an open database file was moved, deleted or replaced, or that another process uses it, too. */
import * as fs from "node:fs"
import { holder } from "./FileLock.js"

/** How often the file system is asked, in milliseconds. */
const INTERVAL = 1000

const identityOf = (file: string): string | undefined => {
  const stat = fs.statSync(file, { bigint: true, throwIfNoEntry: false })
  return stat && `${stat.dev} ${stat.ino}`
}

/**
 * Returns a function that returns why the open file is no longer the one at its path, or `undefined`. SQLite would go on
 * to write to the open file, and everything written would be lost with it.
 */
export const watchFile = (file: string): (() => string | undefined) => {
  const opened = identityOf(file)
  let next = performance.now() + INTERVAL
  return () => {
    const now = performance.now()
    if (now < next) return undefined
    next = now + INTERVAL
    if (identityOf(file) !== opened) {
      return `${file} was moved, deleted or replaced while it was open. Put it back and start the engine again.`
    }
    // Copying or reading the lock file in this process drops the lock, and another process can take it.
    const pid = holder(file)
    return pid === undefined || pid === process.pid
      ? undefined
      : `Process ${pid} uses ${file}, too. Stop it, and start the engine again: one process at a time uses a file.`
  }
}
