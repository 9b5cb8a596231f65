/** The options of a server, and their checks. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as EngineOptions from "../layers/EngineOptions.js"
import { type Admin, type EngineLimits, type Julep, MAX_BODY_DEPTH } from "../layers/ServerParts.js"
import { type AnswerError, JulepConfigError } from "../schema/Errors.js"
import { type OptionNames, unknownOption } from "../schema/names.js"
import { checkOrigins } from "./cors.js"
import { type Authenticate, fromKeys, type Keys } from "./Identity.js"
import type { PlaygroundFiles } from "./playground.js"

/** What a server accepts at most. `maxBodySize`, an option of the engine, is the size of a body: 10 MB by default. */
export interface Limits {
  /** How many requests a key may have open; one more is answered with 429. Default: 256. */
  readonly requests?: number | undefined
  /** How many streams a key may have open; one more is answered with 429. Default: 64. */
  readonly streams?: number | undefined
  /** How many calls of the model run at a time; others wait for their turn. Default: 16. */
  readonly modelCalls?: number | undefined
  /** The size of the headers of a request, in bytes; more are answered with 431. Default: 16,384. */
  readonly headerSize?: number | undefined
  /** How deep arrays and objects of a body may be nested; deeper ones are answered with 422. Default: 64. */
  readonly bodyDepth?: number | undefined
  /** How long a body may take to arrive; a slower one is answered with 408. Default: 60 seconds. */
  readonly bodyTimeout?: Duration.DurationInput | undefined
}

/** The options of the server itself. */
export interface ServerOptions {
  /** The keys of the server. Either these or `authenticate` must be given. */
  readonly keys?: Keys | undefined
  /** Finds who a request comes from, in place of `keys`. */
  readonly authenticate?: Authenticate | undefined
  /** The origins whose pages may use the server, such as `https://app.example.com`. Default: none but its own. */
  readonly cors?: ReadonlyArray<string> | undefined
  /**
   * Host names that clients may use, besides those of a loopback address. Others get 421. Default: on a loopback address
   * none, elsewhere all.
   */
  readonly allowedHosts?: ReadonlyArray<string> | undefined
  /** What the server accepts at most. */
  readonly limits?: Limits | undefined
  /**
   * Makes what answers `/mcp`, at the first request: `AgentServer.app` of `effect-julep/mcp`. It gets the client of the
   * developer of the key. Default: none, and `/mcp` is a 404.
   */
  readonly mcp?: Effect.Effect<HttpApp.Default<AnswerError, Julep | Scope.Scope>> | undefined
  /**
   * Reads the files of the page at `/playground`, at the first request for one: those of `dist/playground` of this package, by
   * their names, such as `index.html`. Browsers are led there from `/`. Default: none, and `/playground` is a 404.
   */
  readonly playground?: Effect.Effect<PlaygroundFiles> | undefined
  /** Whether the log has a line for each request: method, path, status, milliseconds, name of the key. Default: `true`. */
  readonly accessLog?: boolean | undefined
}

/** The options of a server, and those of its engine. */
export interface Options extends ServerOptions, EngineOptions.Options {}

/** The limits, with those that the options leave out. */
export interface KnownLimits extends EngineLimits {
  readonly requests: number
  readonly streams: number
  readonly headerSize: number
}

const KEYS: OptionNames<Keys> = { operator: true, header: true, trustDeveloperHeader: true }

const LIMITS: OptionNames<Limits> = {
  requests: true,
  streams: true,
  modelCalls: true,
  headerSize: true,
  bodyDepth: true,
  bodyTimeout: true
}

const SERVER: OptionNames<ServerOptions> = {
  keys: true,
  authenticate: true,
  cors: true,
  allowedHosts: true,
  limits: true,
  mcp: true,
  playground: true,
  accessLog: true
}

/** The options of the server and those of its engine, apart. */
export const split = (options: Options): { readonly server: ServerOptions; readonly engine: EngineOptions.Options } => {
  const { accessLog, allowedHosts, authenticate, cors, keys, limits, mcp, playground, ...engine } = options
  return { server: { accessLog, allowedHosts, authenticate, cors, keys, limits, mcp, playground }, engine }
}

const fault = (message: string) => new JulepConfigError({ message })

/** How the server finds who a request comes from. */
export const authenticateOf = (
  { authenticate, keys }: ServerOptions,
  kept: Admin.Service["keys"]
): Effect.Effect<Authenticate, JulepConfigError> => {
  if (authenticate !== undefined) {
    return keys === undefined
      ? Effect.succeed(authenticate)
      : Effect.fail(fault("Give `keys` or `authenticate`, not both."))
  }
  if (keys === undefined) {
    return Effect.fail(fault('A server needs `keys` such as { operator: "..." }, or `authenticate`.'))
  }
  const unknown = unknownOption("keys", keys, KEYS)
  return unknown === undefined ? fromKeys(keys, kept) : Effect.fail(fault(unknown.message))
}

/** The limits of the options, and the defaults of the others. */
export const limitsOf = ({ limits = {} }: ServerOptions): Effect.Effect<KnownLimits, JulepConfigError> => {
  const {
    bodyDepth = MAX_BODY_DEPTH,
    bodyTimeout,
    headerSize = 16_384,
    modelCalls = 16,
    requests = 256,
    streams = 64
  } = limits
  const unknown = unknownOption("limits", limits, LIMITS)
  if (unknown !== undefined) return Effect.fail(fault(unknown.message))
  const numbers = { bodyDepth, headerSize, modelCalls, requests, streams }
  const [wrong] = Object.entries(numbers).filter(([, value]) => !Number.isSafeInteger(value) || value < 1)
  if (wrong !== undefined) {
    return Effect.fail(fault(`limits.${wrong[0]} must be a whole number from 1, not ${JSON.stringify(wrong[1])}.`))
  }
  return Effect.map(
    Effect.mapError(Duration.decodeUnknown(bodyTimeout ?? "60 seconds"), () =>
      fault(`limits.bodyTimeout must be a duration such as "60 seconds", not ${JSON.stringify(bodyTimeout)}.`)
    ),
    (timeout) => ({ maxBodyDepth: bodyDepth, headerSize, modelCalls, requests, streams, bodyTimeout: timeout })
  )
}

/** Fails for an option of the server that does not exist or cannot be. The engine checks its own. */
export const check = (options: ServerOptions): Effect.Effect<void, JulepConfigError> => {
  const unknown = unknownOption("a server", options, SERVER)
  return unknown === undefined ? checkOrigins(options.cors ?? []) : Effect.fail(fault(unknown.message))
}
