/** `<store>.key`: the key of the operator, made when a store is served for the first time. */
import { randomBytes } from "node:crypto"
import * as fs from "node:fs"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { JulepConfigError } from "../../schema/Errors.js"
import { isTrusted, keyFile } from "../serving.js"

/** The rights of a group and of others. */
const OTHERS = 0o077

const isAbsent = (cause: unknown): boolean => Object(cause).code === "ENOENT"

const fault = (file: string, problem: string) =>
  new JulepConfigError({
    message: `The key file ${file} ${problem}. Make it readable, delete it so that another key is made, or set AGENTS_API_KEY.`
  })

/** The key of a file, if there is one. */
export const read = (store: string): Effect.Effect<Redacted.Redacted | undefined, JulepConfigError> =>
  Effect.gen(function* () {
    const file = keyFile(store)
    const text = yield* Effect.try({ try: () => fs.readFileSync(file, "utf8"), catch: (cause) => cause }).pipe(
      Effect.catchAll((cause) =>
        isAbsent(cause) ? Effect.succeed(undefined) : Effect.fail(fault(file, `cannot be read (${Object(cause).code})`))
      )
    )
    if (text === undefined) return undefined
    if (text.trim() === "") return yield* fault(file, "is empty")
    if (/\s/.test(text.trim())) return yield* fault(file, "contains white space, which a key must not have")
    if (!isTrusted(file, store)) return yield* fault(file, "belongs to another user, who knows the key")
    if (process.platform !== "win32" && (fs.statSync(file).mode & OTHERS) !== 0) {
      yield* Effect.logWarning(
        `Other users can read the key file ${file}. Let only its owner read it: chmod 600 ${file}`
      )
    }
    return Redacted.make(text.trim())
  })

/** A key of 32 random bytes. */
export const make: Effect.Effect<Redacted.Redacted> = Effect.sync(() =>
  Redacted.make(randomBytes(32).toString("base64url"))
)

/** Writes a key into a new file, which only its owner can read. */
export const write = (store: string, key: Redacted.Redacted): Effect.Effect<void, JulepConfigError> => {
  const file = keyFile(store)
  return Effect.try({
    try: () => fs.writeFileSync(file, `${Redacted.value(key)}\n`, { flag: "wx", mode: 0o600 }),
    catch: (cause) => fault(file, `cannot be written (${Object(cause).code})`)
  }).pipe(
    Effect.zipRight(
      process.platform === "win32"
        ? Effect.logWarning(`The key file ${file} has the rights of its folder: let only its owner read the folder.`)
        : Effect.void
    )
  )
}
