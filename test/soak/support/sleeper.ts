// A process that takes one turn, whose model takes some time, and reports its request and how the turn ends:
// sleeper.ts <url> <session>.
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { Julep } from "../../../src/index.js"
import { SessionId } from "../../../src/schema/Session.js"
import { chat } from "../../support/turns.js"
import { engine, failureOf, noteOf } from "./notes.js"
import { say } from "./say.js"

const [url = "", session = ""] = process.argv.slice(2)

Julep.withOptions({ retry: false })(chat(SessionId.make(session), noteOf("asleep"))).pipe(
  Effect.match({ onFailure: failureOf, onSuccess: () => "answered" }),
  Effect.tap((end) => Effect.sync(() => say(end))),
  Effect.provide(engine(url, { delay: () => 500, asked: () => say("request") })),
  Effect.provide(Logger.replace(Logger.defaultLogger, Logger.none)),
  NodeRuntime.runMain({ disablePrettyLogger: true })
)
