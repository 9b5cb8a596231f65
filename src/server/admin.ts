/** `/admin`: what the operator of a server does with its store. It is in no document, and no page of another origin may ask. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { type Admin, type EngineLimits, toWire, withWireErrors } from "../layers/ServerParts.js"
import { ApiKeyId } from "../schema/ApiKey.js"
import { AdminApi } from "../schema/api/AdminApi.js"
import { type AnyOperation, type SchemaOf, type Success, schemaOf } from "../schema/api/Operation.js"
import { decoder, encoder } from "../schema/Compiled.js"
import { type AnswerError, BadRequest, Unauthorized, UnprocessableRequest } from "../schema/Errors.js"
import { issuesOf, issuesText } from "../schema/Issue.js"
import type { Identity } from "./Identity.js"

/** What the operator asks for, over the store of the engine. */
export interface Operations {
  readonly admin: Admin.Service
  /** Copies the store to a new file. */
  readonly backUp: (file: string) => Effect.Effect<void, { readonly message: string }>
}

type Failure = Parameters<typeof toWire>[0]

const answering = <Failed extends Failure, A>(effect: Effect.Effect<A, Failed>): Effect.Effect<A, AnswerError> =>
  Effect.catchAll(effect, (failure) => Effect.flatMap(toWire(failure), (error) => Effect.fail(error)))

const read = <A>(schema: SchemaOf<A>, value: unknown): Either.Either<A, UnprocessableRequest> =>
  Either.mapLeft(decoder(schemaOf(schema))(value), (error) => {
    const issues = issuesOf(error)
    return new UnprocessableRequest({ message: issuesText(issues), issues, status: 422 })
  })

/** The body of a request, as its operation describes it. */
const payloadOf = <A>({ payload }: { readonly payload?: SchemaOf<A> }) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ json }) =>
    Effect.flatMap(json, (value) =>
      payload === undefined ? Effect.dieMessage("The operation has no body") : read(payload, value)
    )
  )

/** A route that answers what its operation says. */
const route = <One extends AnyOperation, E, R>(operation: One, run: Effect.Effect<Success<One>, E, R>) => {
  const encode = encoder(schemaOf(operation.success))
  const answered = Effect.flatMap(run, (value) =>
    Effect.map(Effect.orDie(encode(value)), (body) =>
      // A key is shown once, so nothing may keep the response.
      HttpServerResponse.unsafeJson(body, { status: operation.status, headers: { "cache-control": "no-store" } })
    )
  )
  return HttpRouter.makeRoute(operation.method, operation.path, answered)
}

const { backup, createKey, listKeys, reindex, revokeKey } = AdminApi.operations

/** The app of the operator. */
export const make = ({ admin, backUp }: Operations, limits: EngineLimits): Effect.Effect<HttpApp.Default> => {
  const { keys } = admin
  const create = Effect.flatMap(payloadOf(createKey), (input) => answering(keys.create(input)))
  const list = Effect.map(answering(keys.list), (items) => ({ items }))
  const revoke = Effect.flatMap(HttpRouter.params, ({ key_id }) =>
    Effect.flatMap(read(ApiKeyId, key_id), (id) => Effect.as(answering(keys.revoke(id)), { id }))
  )
  const copy = Effect.flatMap(payloadOf(backup), ({ file }) =>
    backUp(file).pipe(
      Effect.as({ file }),
      Effect.mapError(({ message }) => new BadRequest({ message, code: "NOT_BACKED_UP", status: 400 }))
    )
  )
  const embed = Effect.map(answering(admin.reindex), (docs) => ({ docs }))
  const router = HttpRouter.fromIterable([
    route(createKey, create),
    route(listKeys, list),
    route(revokeKey, revoke),
    route(backup, copy),
    route(reindex, embed)
  ])
  return Effect.map(HttpRouter.toHttpApp(router), (app) => withWireErrors(app, limits))
}

/** The app for the key of the operator, and no other. */
export const forOperator =
  (app: HttpApp.Default) =>
  ({ operator }: Identity): HttpApp.Default<Unauthorized> =>
    operator
      ? app
      : Effect.fail(
          new Unauthorized({
            message: "Only the key of the operator may ask for /admin: AGENTS_API_KEY, or that of the key file.",
            code: "NOT_OPERATOR",
            status: 403
          })
        )
