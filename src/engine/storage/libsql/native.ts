import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import { StorageOpenError } from "../../../schema/StorageErrors.js"
import { messageOf } from "./causes.js"

/** The values that can be bound. The native code aborts the whole process on a boolean, so no other type may reach it. */
export type NativeValue = string | number | bigint | null | Uint8Array

/** The part of a `libsql` statement that the driver uses. Parameters are one array, which is never spread or flattened. */
export interface NativeStatement {
  readonly reader: boolean
  readonly all: (params: ReadonlyArray<NativeValue>) => Array<Record<string, unknown>>
  readonly run: (params: ReadonlyArray<NativeValue>) => { changes: number; lastInsertRowid: number | bigint }
  readonly raw: (on: boolean) => unknown
  readonly safeIntegers: (on: boolean) => unknown
}

/** The part of a `libsql` database that the driver uses. */
export interface NativeDatabase {
  readonly inTransaction: boolean
  readonly prepare: (sql: string) => NativeStatement
  readonly exec: (sql: string) => unknown
  readonly close: () => unknown
}

export type NativeConstructor = new (filename: string) => NativeDatabase

/** Finds the `libsql` module; an application bundled into one file passes its own. */
export type Load = () => Promise<unknown>

// The package is an optional dependency that remote-only users do not install, so it is loaded on first use. Bundlers fail
// on a package that is missing, except where its name is a literal in a `try`.
const loadPackage: Load = async () => {
  try {
    return (await import("libsql")).default
  } catch (cause) {
    return Promise.reject(cause)
  }
}

const isConstructor = (u: unknown): u is NativeConstructor => typeof u === "function"

const advise = (cause: unknown): string => {
  const text = messageOf(cause).split("\n", 1)[0] ?? ""
  const missing = /Cannot find (?:module|package) '([^']+)'/.exec(text)?.[1]
  if (missing === "libsql") {
    return "The embedded store needs the optional package libsql: npm install libsql"
  }
  if (missing?.startsWith("@libsql/")) {
    return (
      `libsql is installed without its binary for this platform, ${missing}. Install with optional dependencies ` +
      `(npm install --include=optional), or add it by name: npm install ${missing}`
    )
  }
  if (/^Dynamic require of/.test(text)) {
    return `A bundle cannot load native code (${text}): leave libsql outside the bundle, such as with esbuild's --external:libsql`
  }
  return `libsql does not load on ${process.platform}-${process.arch} with Node ${process.version}: ${text}`
}

/** Loads the native package. The error names a missing binary and how to install it. */
export const loadNative = (
  file: string,
  load: Load = loadPackage
): Effect.Effect<NativeConstructor, StorageOpenError> =>
  Effect.tryPromise({ try: load, catch: identity }).pipe(
    Effect.filterOrFail(isConstructor, () => new Error("the module exports no database class")),
    Effect.mapError((cause) => new StorageOpenError({ file, reason: "missing-binary", message: advise(cause), cause }))
  )
