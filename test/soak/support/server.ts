// A server of the engine on a free loopback port, until a signal: server.ts <file>. Its model never ends a reply.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import { serve } from "../../../src/cli/serve/serve.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import { say } from "./say.js"

const [file = ""] = process.argv.slice(2)
const model = Scripted.layer((request) =>
  request.messages.at(-1)?.content === "Wait" ? Scripted.never : Scripted.pieces(["Half of ", "a "], Scripted.never)
)

Effect.gen(function* () {
  const key = Redacted.make("any")
  // Every stream has a model that never ends its reply.
  const server = { limits: { modelCalls: 100 } }
  const { url } = yield* serve({ host: "127.0.0.1", port: 0, engine: { storage: { file }, model }, server, key })
  say(new URL(url).port)
  return yield* Effect.never
}).pipe(Effect.scoped, Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)), NodeRuntime.runMain)
