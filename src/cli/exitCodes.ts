/** The exit code of every error, and the sentence that it prints. */
import * as Data from "effect/Data"

/** An error of a command: one of this package, or one of its own. */
export interface Failure {
  readonly _tag: string
  readonly message: string
}

/** The command line is wrong: an option, an argument or a value. `message` says what to write instead. */
export class UsageError extends Data.TaggedError("UsageError")<{ readonly message: string }> {}

/** What a command names does not exist. `message` says how to find what does. */
export class Missing extends Data.TaggedError("Missing")<{ readonly message: string }> {}

/** A command that did its work and found something wrong. `message` says what. */
export class CommandFailed extends Data.TaggedError("CommandFailed")<{ readonly message: string }> {}

export const OK = 0
export const FAILED = 1
const WRONG_USE = 2
const NOT_FOUND = 3
const NOT_ALLOWED = 4
const CANNOT_REACH = 5
/** 128 and the number of the signal, as shells report it. */
export const INTERRUPTED = { SIGINT: 130, SIGTERM: 143 }

/** The code of each error by its tag. Every other error is {@link FAILED}. */
const codes: { readonly [tag: string]: number } = {
  UsageError: WRONG_USE,
  JulepConfigError: WRONG_USE,
  InvalidRequest: WRONG_USE,
  BadRequest: WRONG_USE,
  UnprocessableRequest: WRONG_USE,
  Missing: NOT_FOUND,
  NotFound: NOT_FOUND,
  Unauthorized: NOT_ALLOWED,
  ConnectionError: CANNOT_REACH,
  TimeoutError: CANNOT_REACH,
  StreamInterrupted: CANNOT_REACH,
  StorageLocked: CANNOT_REACH,
  StorageOpenError: CANNOT_REACH,
  QuitException: INTERRUPTED.SIGINT
}

/** The code of an error. */
export const codeOf = (error: Failure): number => codes[error._tag] ?? FAILED

/** What to try after an error whose message does not say it. */
const advice: { readonly [tag: string]: string } = {
  Unauthorized: "Set JULEP_API_KEY to a key that this server accepts.",
  ConnectionError: "Check --url or JULEP_API_URL, or start a server with `effect-julep serve`.",
  TimeoutError: "Try again, or give the call longer with JULEP_TIMEOUT, such as `10 minutes`.",
  StreamInterrupted: "Try again.",
  RateLimited: "Try again later."
}

/** The text of an error: what is wrong, and what to try. */
export const sentenceOf = (error: Failure): string => {
  const more = advice[error._tag]
  const message = error.message.trim()
  const sentence = message === "" || /[.!?:]$/.test(message) ? message : `${message}.`
  return more === undefined ? sentence : `${sentence} ${more}`
}
