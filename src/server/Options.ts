/** The options of a server, and their checks. */
import * as Effect from "effect/Effect"
import type * as EngineOptions from "../layers/EngineOptions.js"
import { JulepConfigError } from "../schema/Errors.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import { type Authenticate, fromKeys, type Keys } from "./Identity.js"

/** The options of the server itself. */
export interface ServerOptions {
  /** The keys of the server. Either these or `authenticate` must be given. */
  readonly keys?: Keys | undefined
  /** Finds who a request comes from, in place of `keys`. */
  readonly authenticate?: Authenticate | undefined
  /** Whether the log has a line for each request. Default: `true`. */
  readonly accessLog?: boolean | undefined
}

/** The options of a server, and those of its engine. */
export interface Options extends ServerOptions, EngineOptions.Options {}

const KEYS: OptionNames<Keys> = { operator: true, header: true, trustDeveloperHeader: true }

const SERVER: OptionNames<ServerOptions> = { keys: true, authenticate: true, accessLog: true }

/** The options of the server and those of its engine, apart. */
export const split = (options: Options): { readonly server: ServerOptions; readonly engine: EngineOptions.Options } => {
  const { accessLog, authenticate, keys, ...engine } = options
  return { server: { accessLog, authenticate, keys }, engine }
}

const fault = (message: string) => new JulepConfigError({ message })

/** How the server finds who a request comes from. */
export const authenticateOf = ({
  authenticate,
  keys
}: ServerOptions): Effect.Effect<Authenticate, JulepConfigError> => {
  if (authenticate !== undefined) {
    return keys === undefined
      ? Effect.succeed(authenticate)
      : Effect.fail(fault("Give `keys` or `authenticate`, not both."))
  }
  if (keys === undefined) {
    return Effect.fail(fault('A server needs `keys` such as { operator: "..." }, or `authenticate`.'))
  }
  const unknown = unknownOption("keys", keys, KEYS)
  return unknown === undefined ? fromKeys(keys) : Effect.fail(fault(unknown.message))
}

/** Fails for an option of the server that does not exist. The engine checks its own. */
export const check = (options: ServerOptions): Effect.Effect<void, JulepConfigError> => {
  const unknown = unknownOption("a server", options, SERVER)
  return unknown === undefined ? Effect.void : Effect.fail(fault(unknown.message))
}
