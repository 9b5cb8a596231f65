/** `/admin`: what the operator of a server does with its store. It is in no document, and no page of another origin may ask. */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import { type Admin, answered, type EngineLimits, toWire, withWireErrors } from "../layers/ServerParts.js"
import { ApiKeyId } from "../schema/ApiKey.js"
import { AdminApi, EXPORT_PATH, IMPORT_PATH, NDJSON } from "../schema/api/AdminApi.js"
import { type AnyOperation, type SchemaOf, type Success, schemaOf } from "../schema/api/Operation.js"
import { decoder, encoder } from "../schema/Compiled.js"
import { type AnswerError, BadRequest, Unauthorized, UnprocessableRequest } from "../schema/Errors.js"
import { canonicalUuid, isUuid } from "../schema/Field.js"
import { issuesOf, issuesText } from "../schema/Issue.js"
import type { Identity } from "./Identity.js"

/** What the operator asks for, over the store of the engine. */
export interface AdminDependencies {
  readonly admin: Admin.Service
  /** Copies the store to a new file. */
  readonly backUp: (file: string) => Effect.Effect<void, { readonly message: string }>
  /** Fails for a store that cannot be written anew without gaps. */
  readonly checkVacuum: Effect.Effect<void, { readonly message: string }>
}

type Failure = Parameters<typeof toWire>[0]

const toWireErrors = <Failed extends Failure, A>(effect: Effect.Effect<A, Failed>): Effect.Effect<A, AnswerError> =>
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

/** The query of a request. */
const queryOf = Effect.map(
  HttpServerRequest.HttpServerRequest,
  ({ url }) => new URL(url, "http://localhost").searchParams
)

/** The developer of the query, if it names one. */
const developerOf = Effect.flatMap(queryOf, (query): Effect.Effect<string | undefined, BadRequest> => {
  const given = query.get("developer_id")
  if (given === null) return Effect.succeed(undefined)
  const id = canonicalUuid(given)
  if (isUuid(id)) return Effect.succeed(id)
  return Effect.fail(new BadRequest({ message: "developer_id must be a UUID.", code: "BAD_DEVELOPER", status: 400 }))
})

/** How long the rest of a body is read that was refused: its sender would lose the answer otherwise. */
const LINGER = Duration.seconds(5)

/** Everything, as lines of JSON. What fails after the first of them breaks the response off, which then has no last line. */
const exporting = ({ exportAll }: Admin.Service) =>
  Effect.map(developerOf, (developer) =>
    HttpServerResponse.stream(Stream.encodeText(exportAll(developer === undefined ? undefined : [developer])), {
      contentType: NDJSON,
      headers: { "cache-control": "no-store" }
    })
  )

/** Imports a body line by line, however long it is. */
const importing = ({ importAll }: Admin.Service) =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const developer = yield* developerOf
    const firstLine = Number((yield* queryOf).get("first_line") ?? 1)
    const pull = yield* Stream.toPull(request.stream)
    const exit = yield* Effect.exit(importAll(Stream.fromPull(Effect.succeed(pull)), { developer, firstLine }))
    if (Exit.isFailure(exit)) {
      yield* Effect.ignore(Effect.forever(pull)).pipe(Effect.timeoutOption(LINGER))
    }
    return HttpServerResponse.unsafeJson(yield* exit)
  }).pipe(
    Effect.scoped,
    Effect.catchTag("StorageError", (error) => toWireErrors(Effect.fail(error)))
  )

const { backup, createKey, listKeys, prune, reindex, revokeKey } = AdminApi.operations

/** The app of the operator. */
export const make = (
  { admin, backUp, checkVacuum }: AdminDependencies,
  limits: EngineLimits
): Effect.Effect<HttpApp.Default> => {
  const { keys } = admin
  const create = Effect.flatMap(payloadOf(createKey), (input) => toWireErrors(keys.create(input)))
  const list = Effect.map(toWireErrors(keys.list), (items) => ({ items }))
  const revoke = Effect.flatMap(HttpRouter.params, ({ key_id }) =>
    Effect.flatMap(read(ApiKeyId, key_id), (id) => Effect.as(toWireErrors(keys.revoke(id)), { id }))
  )
  const copy = Effect.flatMap(payloadOf(backup), ({ file }) =>
    backUp(file).pipe(
      Effect.as({ file }),
      Effect.mapError(({ message }) => new BadRequest({ message, code: "NOT_BACKED_UP", status: 400 }))
    )
  )
  const embed = Effect.map(toWireErrors(admin.reindex), (docs) => ({ docs }))
  const canVacuum = Effect.mapError(
    checkVacuum,
    ({ message }) => new BadRequest({ message, code: "NO_VACUUM", status: 400 })
  )
  const tidy = Effect.flatMap(payloadOf(prune), ({ dry_run, memories_before, sessions_before, vacuum }) =>
    Effect.zipRight(
      vacuum === true ? canVacuum : Effect.void,
      toWireErrors(
        admin.prune({
          dryRun: dry_run,
          memoriesBefore: memories_before?.getTime(),
          sessionsBefore: sessions_before?.getTime(),
          vacuum
        })
      )
    )
  )
  const router = HttpRouter.fromIterable([
    route(createKey, create),
    route(listKeys, list),
    route(revokeKey, revoke),
    route(backup, copy),
    route(reindex, embed),
    route(prune, tidy),
    HttpRouter.makeRoute("GET", EXPORT_PATH, exporting(admin))
  ])
  // Its body is not read before: it may be larger than others.
  const unread = answered(importing(admin))
  return Effect.map(HttpRouter.toHttpApp(router), (routed) => {
    const app = withWireErrors(routed, limits)
    return Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ method, url }) =>
      method === "POST" && url.split("?", 1)[0] === IMPORT_PATH ? unread : app
    )
  })
}

/** The app for the key of the operator, and no other. */
export const forOperator =
  (app: HttpApp.Default) =>
  ({ operator }: Identity): HttpApp.Default<Unauthorized> =>
    operator
      ? app
      : Effect.fail(
          new Unauthorized({
            message: "/admin needs the key of the operator: that of AGENTS_API_KEY, or of the key file.",
            code: "NOT_OPERATOR",
            status: 403
          })
        )
