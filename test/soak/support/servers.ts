/** Servers with one PostgreSQL database, behind a load balancer. */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { JobLease } from "../../../src/engine/jobs/JobRunner.js"
import { LeaseTime } from "../../../src/engine/storage/postgres/Lease.js"
import { Julep } from "../../../src/index.js"
import { layerFetch } from "../../../src/layers/Http.js"
import { cli } from "../../support/cli.js"
import { latch } from "../../support/latches.js"
import { KEY } from "../../support/serving.js"
import { start } from "./child.js"
import { LEASE } from "./notes.js"

/** The command `effect-julep serve`, with short leases. The model is named as its option `--model` names it. */
export const serving = (database: string, model: string, listens: (url: string) => void): Effect.Effect<never> =>
  cli(["serve", "--db", database, "--model", model, "--port", "0", "--json", "--log-format", "json"], {
    env: { AGENTS_API_KEY: KEY },
    onWrite: (text) => listens(JSON.parse(text).url)
  }).pipe(
    Effect.flatMap(({ err }) => Effect.dieMessage(`The server has ended: ${err}`)),
    Effect.provideService(LeaseTime, LEASE),
    Effect.provideService(JobLease, LEASE)
  )

export interface Server {
  readonly url: string
  readonly kill: Effect.Effect<void>
}

/** A server in this process, which ends with the scope. */
export const ownServer = (database: string, model: string): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.gen(function* () {
    const listens = latch<string>()
    const fiber = yield* Effect.forkScoped(serving(database, model, listens.open))
    return { url: yield* Effect.raceFirst(listens.opened, Effect.fromFiber(fiber)), kill: Effect.void }
  })

/** A server in a process of its own. */
export const openServer = (database: string, model: string): Effect.Effect<Server, never, Scope.Scope> =>
  Effect.gen(function* () {
    const { end, lines } = yield* start("postgresServer", database, model)
    const listens = latch<string>()
    const fiber = yield* Effect.forkScoped(Stream.runForEach(lines, (url) => Effect.sync(() => listens.open(url))))
    const ended = Effect.zipRight(Effect.fromFiber(fiber), Effect.dieMessage("The server has ended"))
    return { url: yield* Effect.raceFirst(listens.opened, ended), kill: Effect.asVoid(end("SIGKILL")) }
  })

const NOBODY = "http://balancer"

/** Gives each request to the next of the servers that run. */
export class Balancer {
  constructor(private servers: ReadonlyArray<Server>) {}

  get running(): ReadonlyArray<Server> {
    return this.servers
  }

  /** Adds a server, or gives it the next request. */
  readonly choose = (server: Server): void => {
    this.servers = [server, ...this.servers.filter((each) => each !== server)]
  }

  readonly kill = (server: Server): Effect.Effect<void> =>
    Effect.suspend(() => {
      this.servers = this.servers.filter((each) => each !== server)
      return server.kill
    })

  private readonly next = (): string => {
    const [first, ...rest] = this.servers
    if (first === undefined) return NOBODY
    this.servers = [...rest, first]
    return first.url
  }

  /** A client of all servers. */
  readonly client = Julep.layer({ apiKey: KEY, baseUrl: `${NOBODY}/api` }).pipe(
    Layer.provide(
      Layer.effect(
        HttpClient.HttpClient,
        Effect.map(
          HttpClient.HttpClient,
          HttpClient.mapRequest((request) =>
            HttpClientRequest.setUrl(request, request.url.replace(NOBODY, this.next()))
          )
        )
      )
    ),
    Layer.provide(layerFetch)
  )
}
