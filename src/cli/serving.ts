/** The server that has a store open: `serve` writes its address and its process beside the file. */
import * as fs from "node:fs"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { UsageError } from "./exitCodes.js"

/** A server, and the key for it. */
export interface Serving {
  readonly url: string
  readonly key: Redacted.Redacted
  /** The process of the server, if it was found by the store that it has open. */
  readonly pid?: number
}

/** The file that `serve` writes while it runs. */
export const servingFile = (store: string): string => `${store}.serve`

/** The file of the key that `serve` makes on its first start. */
export const keyFile = (store: string): string => `${store}.key`

/** What is in {@link servingFile}: where the server listens, and its process. */
const Address = Schema.parseJson(Schema.Struct({ url: Schema.String, pid: Schema.Int }))

const read = (file: string): Option.Option<string> => {
  try {
    return Option.some(fs.readFileSync(file, "utf8").trim())
  } catch {
    return Option.none()
  }
}

/**
 * Whether a file beside a store is that of this user, of root, or of the owner of the store. In a folder that others can
 * write to, one of theirs would get the key, or choose it.
 */
export const isTrusted = (file: string, store: string): boolean => {
  const owner = (file: string) => fs.statSync(file, { throwIfNoEntry: false })?.uid
  const uid = owner(file)
  return uid === 0 || uid === process.getuid?.() || uid === owner(store)
}

const isRunning = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // A process of somebody else runs, although it may not be signalled.
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}

const variable = (name: string) =>
  Config.string(name).pipe(
    Config.option,
    Config.map(Option.map((value) => value.trim())),
    Config.map(Option.filter((value) => value !== "")),
    Effect.orElseSucceed(() => Option.none<string>())
  )

/** The key of the operator of a server: that of its environment, of its key file, else that of a client. */
const keyOf = (store: string) =>
  Effect.gen(function* () {
    const operator = yield* variable("AGENTS_API_KEY")
    const kept = Option.orElse(operator, () => read(keyFile(store)))
    return Option.isSome(kept) ? kept : yield* variable("JULEP_API_KEY")
  })

/** The server that has a store open, if one has. */
export const servingOf = (store: string): Effect.Effect<Option.Option<Serving>, UsageError> =>
  Effect.gen(function* () {
    const text = Option.filter(read(servingFile(store)), () => isTrusted(servingFile(store), store))
    if (Option.isNone(text)) return Option.none()
    const address = Schema.decodeUnknownEither(Address)(text.value)
    // The file of a server that was killed, or that is being written.
    if (Either.isLeft(address) || !isRunning(address.right.pid)) return Option.none()
    const key = yield* keyOf(store)
    if (Option.isSome(key)) return Option.some({ ...address.right, key: Redacted.make(key.value) })
    return yield* new UsageError({
      message: `Process ${address.right.pid} serves ${store} at ${address.right.url}: set AGENTS_API_KEY to its key.`
    })
  })
