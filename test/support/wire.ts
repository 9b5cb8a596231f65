/** The two modes again, with what managers cannot do: raw requests, as any HTTP client would send them. */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { Embedded } from "../../src/embedded.js"
import { Julep } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { promptServer } from "./httpServer.js"
import { noEnvironment, type Through } from "./modes.js"

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE"

/** A request as it travels. `json` is sent as JSON, `text` as it is under `type`. */
export interface Raw {
  readonly json?: unknown
  readonly text?: string
  /** The content type of `text`; `application/json` unless given. */
  readonly type?: string
  readonly headers?: Readonly<Record<string, string>>
}

export interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The body read as JSON; one of another type, such as a stream of events, as text. */
  readonly body: unknown
}

/** Raw requests to the engine, with its key if it requires one. */
export class Wire extends Context.Tag("test/Wire")<
  Wire,
  (method: Method, path: string, raw?: Raw) => Effect.Effect<Answered>
>() {}

/** Sends one raw request. */
export const send = (method: Method, path: string, raw?: Raw) => Effect.flatMap(Wire, (wire) => wire(method, path, raw))

export type Wired = (
  script?: Scripted.Script,
  options?: Scripted.Scripted.Options
) => Layer.Layer<Julep | Julep.Managers | Scripted.Scripted | Wire, unknown>

const wire = (client: HttpClient.HttpClient, origin: string, key?: string): Context.Tag.Service<typeof Wire> =>
  Effect.fnUntraced(function* (method, path, { headers = {}, json, text, type = "application/json" } = {}) {
    const content = json === undefined ? text : JSON.stringify(json)
    const request = HttpClientRequest.make(method)(`${origin}${path}`).pipe(
      content === undefined ? (same) => same : HttpClientRequest.setBody(HttpBody.text(content, type)),
      HttpClientRequest.setHeaders({ ...(key === undefined ? {} : { authorization: `Bearer ${key}` }), ...headers })
    )
    const response = yield* client.execute(request)
    const answered = yield* response.text
    const isJson = response.headers["content-type"]?.includes("json") ?? false
    const body: unknown = answered === "" ? undefined : isJson ? JSON.parse(answered) : answered
    return { status: response.status, headers: response.headers, body }
  }, Effect.orDie)

const nowhere = Layer.succeed(
  HttpClient.HttpClient,
  HttpClient.make((request) =>
    Effect.fail(new HttpClientError.RequestError({ request, reason: "Transport", description: "left the process" }))
  )
)

const ok: Scripted.Script = () => Scripted.reply("ok")

/** In process, through the client of `Embedded.layerHttpClient`, over a store that is empty when the layer is built. */
export const embeddedOn =
  (storage: Effect.Effect<Embedded.StorageOption, never, Scope.Scope>): Wired =>
  (script = ok, options) => {
    const model = Scripted.layer(script, options)
    const engine = Effect.map(storage, (storage) => Embedded.layerHttpClient({ storage, model, name: "scripted" }))
    const raw = Layer.provide(Layer.unwrapScoped(engine), Layer.merge(nowhere, noEnvironment))
    const wired = Layer.effect(
      Wire,
      Effect.map(HttpClient.HttpClient, (client) => wire(client, Embedded.ORIGIN))
    )
    const client = Julep.layer({ apiKey: "unused", baseUrl: Embedded.ORIGIN })
    return Layer.mergeAll(client, wired).pipe(Layer.provide(raw), Layer.merge(model))
  }

/** In process, in memory. */
export const embedded: Wired = embeddedOn(Effect.succeed("memory"))

/** The key that the remote engine requires. */
export const KEY = "wire-key"

/** Over a loopback server that requires a key. */
export const remoteThrough =
  (through: Through): Wired =>
  (script = ok, options) => {
    const model = Scripted.layer(script, options)
    const app = Embedded.layerApp({ storage: "memory", model, name: "scripted", apiKey: KEY })
    const served = Layer.unwrapScoped(
      Effect.map(Embedded.EngineApp, (engine) => HttpServer.serve(through(engine)))
    ).pipe(Layer.provide(app))
    const server = NodeHttpServer.layer(promptServer, { host: "127.0.0.1", port: 0 })
    const clients = Layer.unwrapEffect(
      Effect.map(HttpServer.HttpServer, ({ address }) => {
        const origin = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}`
        const wired = Layer.effect(
          Wire,
          Effect.map(HttpClient.HttpClient, (client) => wire(client, origin, KEY))
        )
        return Layer.merge(
          Julep.layerFetch({ apiKey: KEY, baseUrl: `${origin}/api` }),
          Layer.provide(wired, FetchHttpClient.layer)
        )
      })
    )
    return Layer.mergeAll(clients, model, served).pipe(Layer.provide(server))
  }

export const remote: Wired = remoteThrough(identity)

export const modes: ReadonlyArray<readonly [name: string, mode: Wired]> = [
  ["embedded", embedded],
  ["remote", remote]
]
