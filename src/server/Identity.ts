/** Who a request comes from: the key that it carries, and the developer whom that key acts for. */
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type Admin, carries, secretOf, wrongKey } from "../layers/ServerParts.js"
import { type AnswerError, BadRequest, JulepConfigError, ServerError, Unauthorized } from "../schema/Errors.js"
import { canonicalUuid } from "../schema/Field.js"
import { AccessLogEntry } from "./accessLog.js"
import { untilRevoked } from "./untilRevoked.js"

const NIL = "00000000-0000-0000-0000-000000000000"
const DEVELOPER = "x-developer-id"

/** The key of a request, as far as the server needs to know it. */
export interface Identity {
  /** The developer whom the request acts for, a UUID. */
  readonly developer: string
  /** The name of the key, for the log. */
  readonly name: string
  /** Whether it is the key of the operator, who may use `/admin`. */
  readonly operator: boolean
  /** The id of a key that the store keeps. Its open streams end within a second after it is revoked. */
  readonly id?: string | undefined
}

/** Finds who a request comes from, by its headers (names in lower case). It fails for a key that is missing or wrong. */
export type Authenticate = (headers: Headers.Headers) => Effect.Effect<Identity, AnswerError>

/** The keys of a server. */
export interface Keys {
  /** The key of the operator, without the white space around it. It acts for the nil developer. */
  readonly operator: string | Redacted.Redacted
  /** A header that may carry a key instead of `Authorization`. Default: `X-Auth-Key`. */
  readonly header?: string | undefined
  /**
   * Whether the operator's key acts for the developer in the header `X-Developer-Id`, which then must be there. Only for a
   * server that nothing but a gateway can reach. Default: `false`.
   */
  readonly trustDeveloperHeader?: boolean | undefined
}

/** The developer of the operator's key. */
const developerOf = (headers: Headers.Headers, trusts: boolean): Effect.Effect<string, BadRequest> => {
  if (!trusts) return Effect.succeed(NIL)
  const given = headers[DEVELOPER]
  return given === undefined
    ? Effect.fail(
        new BadRequest({
          message:
            "The header X-Developer-Id is missing. This server trusts its gateway to send it with every request.",
          code: "DEVELOPER_MISSING",
          status: 400
        })
      )
    : Effect.succeed(given)
}

const unreadable = () =>
  new ServerError({
    message: "The store that has the keys does not answer. Try again in a moment.",
    code: "KEYS_UNREADABLE",
    status: 503
  })

/** The key of the store that a header carries, if it does. */
const storedKey = (value: string | undefined, kept: Admin.Service["keys"]) =>
  value === undefined
    ? Effect.succeedNone
    : Effect.tapErrorCause(kept.verify(Redacted.make(secretOf(value))), (cause) =>
        Effect.logError("A key could not be checked", cause)
      ).pipe(Effect.mapError(unreadable))

/** Accepts the key of the operator and those that the store keeps, in `Authorization` or in a header of their own. */
export const fromKeys = (
  { header = "X-Auth-Key", operator, trustDeveloperHeader = false }: Keys,
  kept: Admin.Service["keys"]
): Effect.Effect<Authenticate, JulepConfigError> => {
  // A key read from a file ends in a line break, which no header can carry.
  const key = Redacted.make((Redacted.isRedacted(operator) ? Redacted.value(operator) : operator).trim())
  if (Redacted.value(key) === "") {
    return Effect.fail(
      new JulepConfigError({
        message:
          "keys.operator must not be blank. Give a secret of your own, such as the output of `openssl rand -hex 32`."
      })
    )
  }
  const names = [header.toLowerCase(), "authorization"]
  return Effect.succeed(
    Effect.fnUntraced(function* (headers) {
      if (names.some((name) => carries(headers[name], key))) {
        return { developer: yield* developerOf(headers, trustDeveloperHeader), name: "operator", operator: true }
      }
      for (const name of names) {
        const found = yield* storedKey(headers[name], kept)
        if (Option.isSome(found)) {
          const { developer_id, id, name } = found.value
          return { developer: developer_id, name, operator: false, id }
        }
      }
      return yield* Effect.fail(wrongKey())
    })
  )
}

/** Refuses a header that names another developer than the key's: the caller has mistaken its key. */
const withDeveloperHeader = (
  headers: Headers.Headers,
  { developer }: Identity
): Effect.Effect<Headers.Headers, Unauthorized> => {
  const given = headers[DEVELOPER]
  if (given === undefined || canonicalUuid(given) === canonicalUuid(developer)) {
    return Effect.succeed(Headers.set(headers, DEVELOPER, developer))
  }
  const message =
    "The key does not act for the developer in X-Developer-Id. Leave the header out, or send a key of that developer."
  return Effect.fail(new Unauthorized({ message, code: "WRONG_DEVELOPER", status: 403 }))
}

/** The header of a 403, which names the scheme of the keys, as v0.3 did not. */
const challenged = HttpServerResponse.setHeader("www-authenticate", 'Bearer realm="effect-julep"')

/** The app, whose refusals of keys name their scheme. */
export const withChallenge = <E, R>(app: HttpApp.Default<E, R>): HttpApp.Default<E, R> =>
  Effect.map(app, (response) => (response.status === 403 ? challenged(response) : response))

/** The app for requests with a key. Each acts for the developer of its key. */
export const withIdentity =
  (authenticate: Authenticate) =>
  <E, R>(app: (identity: Identity) => HttpApp.Default<E, R>): HttpApp.Default<E | AnswerError, R | AccessLogEntry> =>
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      const entry = yield* AccessLogEntry
      const identity = yield* authenticate(request.headers)
      entry.key = identity.name
      const headers = yield* withDeveloperHeader(request.headers, identity)
      const answer = Effect.provideService(
        app(identity),
        HttpServerRequest.HttpServerRequest,
        request.modify({ headers })
      )
      return yield* identity.id === undefined ? answer : Effect.map(answer, untilRevoked(authenticate(request.headers)))
    })
