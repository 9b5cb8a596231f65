import * as Options from "@effect/cli/Options"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { db, optionOf, storeNamed } from "../Connection.js"
import { command as make } from "../command.js"
import { UsageError } from "../exitCodes.js"
import { model, modelOf } from "../model.js"
import { print, printJson, Stdio } from "../output.js"
import type { Started } from "../serve/serve.js"

const variable = (name: string) =>
  Config.option(Config.redacted(Config.nonEmptyString(name))).pipe(
    Effect.map(Option.filter((value) => Redacted.value(value).trim() !== "")),
    Effect.mapError((error) => new UsageError({ message: `${name} cannot be read: ${error}` }))
  )

const PORTS = 65_535

/** An option for a limit. Default: that of the server. */
const atMost = (name: string, description: string) =>
  Options.integer(name).pipe(
    Options.withDescription(description),
    Options.filterMap(
      Option.liftPredicate((limit) => limit > 0),
      `--${name} must be a whole number from 1`
    ),
    Options.optional
  )

const checkPort = (port: number): Effect.Effect<void, UsageError> =>
  port >= 0 && port <= PORTS
    ? Effect.void
    : Effect.fail(new UsageError({ message: `--port must be a number from 0 to ${PORTS}, not ${port}.` }))

const loggers = {
  text: Logger.withConsoleLog(Logger.logfmtLogger),
  json: Logger.withConsoleLog(Logger.jsonLogger)
}

/** What a person needs to know. The key is shown on a terminal alone: elsewhere the output may be kept. */
export const lines = ({ hasPlayground, key, keyFile, model, store, url }: Started, isTerminal: boolean): string => {
  // A key that the environment has is known already.
  const shown = isTerminal && keyFile !== undefined ? Redacted.value(key) : undefined
  const fragment = shown === undefined ? "" : `#key=${encodeURIComponent(shown)}`
  return [
    `effect-julep serves ${store} at ${url}`,
    `  model  ${model === "offline" ? "offline, which only quotes what it finds: give another with --model" : model}`,
    ...(hasPlayground ? [`  page   ${url}/playground${fragment}`] : []),
    `  docs   ${url}/docs`,
    `  key    ${keyFile ?? "that of AGENTS_API_KEY"}`,
    ...(shown === undefined ? [] : [`  try    curl ${url}/api/agents -H "Authorization: Bearer ${shown}"`])
  ].join("\n")
}

export const command = make({
  description:
    "Serves a store over HTTP: the agents API at / and /api, completions at /v1. Requests need a key: AGENTS_API_KEY, or the one that is made on the first start and kept beside the file of the store. Ctrl-C ends it.",
  example: "effect-julep serve --model ollama:llama3.2",
  endsBySignal: true,
  config: {
    db: db(),
    host: Options.text("host").pipe(
      Options.withPseudoName("ADDRESS"),
      Options.withDescription(
        "The address to listen on. Any other than a loopback address needs AGENTS_API_KEY, or a key file."
      ),
      Options.withDefault("127.0.0.1")
    ),
    port: Options.integer("port").pipe(
      Options.withDescription("The port; 0 for any that is free."),
      Options.withDefault(8080)
    ),
    model,
    cors: Options.text("cors").pipe(
      Options.withPseudoName("ORIGIN"),
      Options.withDescription(
        "An origin whose pages may use the server, such as https://app.example.com. May be repeated."
      ),
      Options.repeated
    ),
    allowedHost: Options.text("allowed-host").pipe(
      Options.withPseudoName("NAME"),
      Options.withDescription("A host name that clients may use, besides those of this machine. May be repeated."),
      Options.repeated
    ),
    trustDeveloperHeader: Options.boolean("trust-developer-header").pipe(
      Options.withDescription(
        "AGENTS_API_KEY acts for the developer in X-Developer-Id. Only behind a gateway that sets this header."
      )
    ),
    maxBody: atMost("max-body", "The largest body of a request, in bytes. Default: 10,000,000."),
    maxRequests: atMost("max-requests", "How many requests a key may have open. Default: 256."),
    maxStreams: atMost("max-streams", "How many streams a key may have open. Default: 64."),
    maxModelCalls: atMost("max-model-calls", "How many calls of the model run at a time. Default: 16."),
    logFormat: Options.choice("log-format", ["text", "json"]).pipe(
      Options.withDescription("The form of the log, which has a line for each request."),
      Options.withDefault("text" as const)
    ),
    otlp: Options.text("otlp").pipe(
      Options.withPseudoName("URL"),
      Options.withDescription("A collector that gets traces as OTLP in JSON, such as http://localhost:4318."),
      Options.optional
    )
  },
  run: ({ allowedHost, cors, db, host, json, logFormat, model, otlp, port, trustDeveloperHeader, ...limits }) =>
    Effect.gen(function* () {
      yield* checkPort(port)
      const { columns } = yield* Stdio
      const store = yield* storeNamed(db)
      const { serve } = yield* Effect.promise(() => import("../serve/serve.js"))
      const started = yield* serve({
        host,
        port,
        engine: {
          model: yield* modelOf(model),
          storage: optionOf(store),
          maxBodySize: Option.getOrUndefined(limits.maxBody)
        },
        server: {
          cors,
          allowedHosts: allowedHost,
          limits: {
            requests: Option.getOrUndefined(limits.maxRequests),
            streams: Option.getOrUndefined(limits.maxStreams),
            modelCalls: Option.getOrUndefined(limits.maxModelCalls)
          }
        },
        key: Option.getOrUndefined(yield* variable("AGENTS_API_KEY")),
        keyHeader: Option.getOrUndefined(Option.map(yield* variable("AGENTS_API_KEY_HEADER_NAME"), Redacted.value)),
        trustDeveloperHeader
      })
      const { keyFile: key_file, model: called, url } = started
      const shown = { url, store: started.store, model: called, key_file }
      if (json) yield* printJson(shown)
      else if (logFormat === "json") yield* Effect.annotateLogs(Effect.logInfo("serving"), shown)
      else yield* print(lines(started, columns !== undefined))
      return yield* Effect.never
    }).pipe(
      Effect.scoped,
      Option.isSome(otlp)
        ? Effect.provide(
            Layer.unwrapEffect(
              Effect.map(
                Effect.promise(() => import("../serve/otlp.js")),
                ({ layer }) => layer(otlp.value)
              )
            )
          )
        : (effect) => effect,
      // The log of a server is its output, which is JSON with --json.
      Effect.locally(
        FiberRef.currentLoggers,
        HashSet.make<[Logger.Logger<unknown, unknown>]>(loggers[json ? "json" : logFormat])
      ),
      Logger.withMinimumLogLevel(LogLevel.Info)
    )
})
