import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { ModelError } from "../../src/engine/ports/Model.js"
import { accumulateRun, deltaText, Julep, MaxRoundsExceeded, type RunEvent, tool } from "../../src/index.js"
import * as Scripted from "../../src/layers/Scripted.js"
import { CurrentRequestOptions } from "../../src/services/RequestOptions.js"
import type { Mode } from "../support/modes.js"
import { strictFaults } from "../support/strictEndpoint.js"
import { recordingTracer } from "../support/tracer.js"
import { chat, historyOf, lastRequest, requests, says, scene, turnsOf } from "../support/turns.js"

class Offline extends Data.TaggedError("Offline")<{ readonly place: string }> {}

class Tides extends Context.Tag("test/Tides")<
  Tides,
  { readonly at: (place: string) => Effect.Effect<string, Offline> }
>() {}

const tides = (at: (place: string) => Effect.Effect<string, Offline> = (place) => Effect.succeed(`high in ${place}`)) =>
  Effect.provideService(Tides, { at })

const tide = tool({
  description: "The tide at a place",
  input: { place: Schema.String },
  execute: ({ place }) => Effect.flatMap(Tides, ({ at }) => at(place))
})
const hour = tool({ execute: () => Effect.succeed({ hour: 12 }) })
const tools = { tide, hour }

const twoCalls = Scripted.toolCalls([
  { id: "a", name: "tide", arguments: '{"place":"Lagos"}' },
  { id: "b", name: "hour", arguments: "" }
])
const usage = { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 }

/** The results that the model was sent last. */
const sentResults = Effect.map(lastRequest, (request) =>
  turnsOf(request).flatMap((message) => (message.role === "tool" ? [message.content] : []))
)

const noFaults = Effect.map(lastRequest, (request) => expect(strictFaults(request)).toEqual([]))

/** What an event is about. */
const kindOf = (event: RunEvent): string => {
  switch (event.type) {
    case "reply":
      return `text ${deltaText(event)}`
    case "tool_call":
      return `call ${event.call.name} ${event.round}`
    case "tool_result":
      return `result ${event.result.name} ${event.round}`
    default:
      return event.type
  }
}

/** Runs of an agent with tools: what the model gets, what the caller gets, and what is left when a run does not end well. */
export const run = (mode: Mode) =>
  describe("run", () => {
    it.effect(
      "runs the tools that the model calls and ends with its answer, all rounds and the sum of their usage",
      () =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const run = yield* julep.sessions.run(session.id, "How is the tide?", { tools }).pipe(tides())
          expect(run).toMatchObject({
            status: "completed",
            text: "High, at noon.",
            usage: { prompt_tokens: 20, completion_tokens: 4, total_tokens: 24 },
            rounds: [
              {
                reply: { finish_reason: "tool_calls" },
                results: [
                  { id: "a", name: "tide", content: "high in Lagos", failed: false },
                  { id: "b", name: "hour", content: '{"hour":12}', failed: false }
                ]
              },
              { reply: { finish_reason: "stop" }, results: [] }
            ]
          })
          expect(yield* requests).toHaveLength(2)
          yield* noFaults
          const [first] = yield* requests
          expect(first?.tools).toMatchObject([
            {
              name: "tide",
              description: "The tide at a place",
              parameters: { type: "object", properties: { place: { type: "string" } }, required: ["place"] }
            },
            { name: "hour", parameters: { type: "object", properties: {} } }
          ])
          expect(yield* sentResults).toEqual(["high in Lagos", '{"hour":12}'])
          expect((yield* historyOf(session.id)).map(([role]) => role)).toEqual([
            "user",
            "function_call",
            "function_call",
            "function",
            "function",
            "assistant"
          ])
        }).pipe(
          Effect.provide(
            mode([
              (request) =>
                Scripted.toolCalls(
                  [
                    { id: "a", name: "tide", arguments: '{"place":"Lagos"}' },
                    { id: "b", name: "hour", arguments: "" }
                  ],
                  { usage }
                )(request),
              Scripted.reply("High, at noon.", { usage })
            ])
          )
        )
    )

    it.effect("answers a model that calls no tool at once", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        expect(yield* julep.sessions.run(session.id, "Hello", { tools: {} })).toMatchObject({
          text: "ok",
          rounds: [{ results: [] }]
        })
        expect((yield* lastRequest).tools).toEqual([])
      }).pipe(Effect.provide(mode()))
    )

    it.effect("a handler runs a tool that the agent has, with the arguments as the model wrote them", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene({
          agent: { tools: [{ type: "function", function: { name: "hour", parameters: { type: "object" } } }] }
        })
        const run = yield* julep.sessions.run(session.id, "When?", {
          tools: { hour: (args, call) => Effect.succeed({ args, id: call.id }) }
        })
        expect(run.rounds[0]?.results[0]?.content).toBe('{"args":{"zone":"UTC"},"id":"call_hour"}')
        expect((yield* lastRequest).tools).toHaveLength(1)
      }).pipe(Effect.provide(mode([Scripted.toolCall("hour", { zone: "UTC" }), Scripted.reply("noon")])))
    )

    it.effect("unknown tools and wrong arguments are answered to the model, which corrects them", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const run = yield* julep.sessions.run(session.id, "How is the tide?", { tools }).pipe(tides())
        expect(run.text).toBe("High.")
        expect(run.rounds[0]?.results).toEqual([
          { id: "a", name: "moon", content: 'There is no tool "moon". The tools are: tide, hour.', failed: true },
          {
            id: "b",
            name: "tide",
            content:
              "The arguments do not fit the tool, so it did not run: place: Expected string, actual 7. Correct them and call it again.",
            failed: true
          },
          { id: "c", name: "tide", content: expect.stringContaining("Expected a JSON object"), failed: true },
          { id: "d", name: "toString", content: expect.stringContaining("no tool"), failed: true }
        ])
        expect(run.rounds[1]?.results).toMatchObject([{ content: "high in Lagos", failed: false }])
        yield* noFaults
      }).pipe(
        Effect.provide(
          mode([
            Scripted.toolCalls([
              { id: "a", name: "moon", arguments: "{}" },
              { id: "b", name: "tide", arguments: '{"place":7}' },
              { id: "c", name: "tide", arguments: '{"place":' },
              { id: "d", name: "toString", arguments: "{}" }
            ]),
            Scripted.toolCall("tide", { place: "Lagos" }),
            Scripted.reply("High.")
          ])
        )
      )
    )

    it.effect("a failure of a tool fails the run, and the session can be used on", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const failing = julep.sessions
          .run(session.id, "How is the tide?", { tools })
          .pipe(tides((place) => Effect.fail(new Offline({ place }))))
        expect(yield* Effect.flip(failing)).toEqual(new Offline({ place: "Lagos" }))
        yield* chat(session.id, "Never mind.")
        yield* noFaults
      }).pipe(Effect.provide(mode([twoCalls, Scripted.reply("ok")])))
    )

    it.effect("onToolError makes the failure a result for the model", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const run = yield* julep.sessions
          .run(session.id, "How is the tide?", {
            tools,
            onToolError: ({ _tag, place }, { name }) => Effect.succeed(`${name}: ${_tag} in ${place}`)
          })
          .pipe(tides((place) => Effect.fail(new Offline({ place }))))
        expect(run.rounds[0]?.results).toMatchObject([
          { content: "tide: Offline in Lagos", failed: true },
          { failed: false }
        ])
      }).pipe(Effect.provide(mode([twoCalls, Scripted.reply("ok")])))
    )

    it.effect("a defect of a tool is a defect of the run", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const broken = tool({ execute: () => Effect.die("broken") })
        const exit = yield* Effect.exit(
          julep.sessions.run(session.id, "When?", {
            tools: { hour: broken },
            onToolError: () => Effect.succeed("hidden")
          })
        )
        expect(exit).toEqual(Exit.die("broken"))
      }).pipe(Effect.provide(mode([Scripted.toolCall("hour")])))
    )

    it.effect("maxRounds is an error with what was done, and the last calls do not run", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        let ran = 0
        const hour = tool({ execute: () => Effect.sync(() => ++ran) })
        const error = yield* Effect.flip(julep.sessions.run(session.id, "When?", { tools: { hour }, maxRounds: 3 }))
        expect(error).toBeInstanceOf(MaxRoundsExceeded)
        expect(error).toMatchObject({
          message: expect.stringContaining("after 3 rounds"),
          rounds: [{ results: [{ content: "1" }] }, { results: [{ content: "2" }] }, { results: [] }],
          calls: [{ id: "call_hour", name: "hour", arguments: {} }]
        })
        expect(ran).toBe(2)
        yield* chat(session.id, "Hello?")
        yield* noFaults
      }).pipe(Effect.provide(mode(() => Scripted.toolCall("hour"))))
    )

    it.effect("the calls of a reply run at the same time, at most `concurrency` of them", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        let running = 0
        let most = 0
        const meet = (latch: Deferred.Deferred<void>, needed: number) =>
          tool({
            execute: () =>
              Effect.gen(function* () {
                running++
                most = Math.max(most, running)
                if (running === needed) yield* Deferred.succeed(latch, undefined)
                yield* Deferred.await(latch)
                running--
                return "met"
              })
          })
        const both = yield* Deferred.make<void>()
        yield* julep.sessions.run(session.id, "When?", { tools: { hour: meet(both, 3) } })
        expect(most).toBe(3)
        most = 0
        const two = yield* Deferred.make<void>()
        yield* julep.sessions.run(session.id, "When?", { tools: { hour: meet(two, 2) }, concurrency: 2 })
        expect(most).toBe(2)
      }).pipe(
        Effect.provide(
          mode((_, index) =>
            index % 2 === 0
              ? Scripted.toolCalls(["a", "b", "c"].map((id) => ({ id, name: "hour", arguments: "{}" })))
              : Scripted.reply("ok")
          )
        )
      )
    )

    it.effect("an interruption interrupts the tools, and the session can be used on", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const begun = yield* Deferred.make<void>()
        const ended = yield* Deferred.make<string>()
        const slow = tool({
          execute: () =>
            Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
              Effect.onInterrupt(() => Deferred.succeed(ended, "interrupted"))
            )
        })
        const fiber = yield* Effect.fork(julep.sessions.run(session.id, "When?", { tools: { hour: slow } }))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        expect(yield* Deferred.await(ended)).toBe("interrupted")
        yield* chat(session.id, "Hello?")
        yield* noFaults
        expect(yield* sentResults).toEqual(["No result: this call was never answered."])
      }).pipe(Effect.provide(mode([Scripted.toolCall("hour"), Scripted.reply("ok")])))
    )

    it.effect(
      "a tool_choice that demands a call is that of the first round, and settings are those of every round",
      () =>
        Effect.gen(function* () {
          const { julep, session } = yield* scene()
          const tool_choice = { type: "function", function: { name: "hour" } } as const
          yield* julep.sessions.run(
            session.id,
            { messages: [says("When?")], tool_choice, temperature: 0.5 },
            { tools: { hour } }
          )
          const [first, second] = yield* requests
          expect([first?.tool_choice, second?.tool_choice]).toEqual([tool_choice, undefined])
          expect(second?.settings).toMatchObject({ temperature: 0.5 })
          expect(second?.tools).toEqual(first?.tools)
        }).pipe(Effect.provide(mode([Scripted.toolCall("hour"), Scripted.reply("noon")])))
    )

    it.effect("a run that is not recorded sends the whole conversation in each round", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { text } = yield* julep.sessions.run(
          session.id,
          { messages: [says("When?")], record: false },
          { tools: { hour } }
        )
        expect(text).toBe("noon")
        expect(yield* historyOf(session.id)).toEqual([])
        expect(turnsOf(yield* lastRequest)).toMatchObject([
          { role: "user", content: "When?" },
          { role: "assistant", tool_calls: [{ name: "hour" }] },
          { role: "tool", content: '{"hour":12}' },
          { role: "assistant", tool_calls: [{ name: "hour" }] },
          { role: "tool", content: '{"hour":12}' }
        ])
        yield* noFaults
      }).pipe(Effect.provide(mode([Scripted.toolCall("hour"), Scripted.toolCall("hour"), Scripted.reply("noon")])))
    )

    it.effect("a run that is repeated under its idempotency key runs no tool again and gives the same answer", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const keys: Array<string | undefined> = []
        let ran = 0
        const hour = tool({
          execute: () =>
            Effect.gen(function* () {
              keys.push((yield* CurrentRequestOptions).idempotencyKey)
              return ++ran
            })
        })
        const keyed = julep.sessions
          .run(session.id, "When?", { tools: { hour } })
          .pipe(Julep.withOptions({ idempotencyKey: "k" }))
        const first = yield* keyed
        const second = yield* keyed
        expect(second).toEqual(first)
        expect(ran).toBe(1)
        expect(keys).toEqual([undefined])
        expect(yield* requests).toHaveLength(2)
      }).pipe(Effect.provide(mode([Scripted.toolCall("hour"), Scripted.reply("noon")])))
    )

    it.effect("a repeated run has its own results, where the model uses the id of a call again", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        let ran = 0
        const hour = tool({ execute: () => Effect.sync(() => ++ran) })
        const run = accumulateRun(julep.sessions.runStream(session.id, "When?", { tools: { hour } })).pipe(
          Julep.withOptions({ idempotencyKey: "k", retry: false })
        )
        const resultsOf = Effect.map(run, ({ rounds }) => rounds.map(({ results }) => results[0]?.content))
        expect(yield* resultsOf).toEqual(["1", "2", undefined])
        expect(yield* resultsOf).toEqual(["1", "2", undefined])
        expect(ran).toBe(2)
      }).pipe(Effect.provide(mode([Scripted.toolCall("hour"), Scripted.toolCall("hour"), Scripted.reply("noon")])))
    )

    it.effect("a run that is not recorded takes no results of history, and may have the ids of its calls", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        let ran = 0
        const hour = tool({ execute: () => Effect.sync(() => ++ran) })
        yield* julep.sessions.run(session.id, "When?", { tools: { hour } })
        const unrecorded = { messages: [says("And now?")], record: false }
        const run = yield* julep.sessions.run(session.id, unrecorded, { tools: { hour } })
        expect(run.rounds[0]?.results).toMatchObject([{ content: "2" }])
        const keyed = accumulateRun(julep.sessions.runStream(session.id, unrecorded, { tools: { hour } })).pipe(
          Julep.withOptions({ idempotencyKey: "k" })
        )
        expect((yield* keyed).rounds[0]?.results).toMatchObject([{ content: "3" }])
        yield* noFaults
      }).pipe(
        Effect.provide(mode((_, index) => (index % 2 === 0 ? Scripted.toolCall("hour") : Scripted.reply("noon"))))
      )
    )

    it.effect("a repeated run finds the results of more calls than a page of history has", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        let ran = 0
        const hour = tool({ execute: () => Effect.sync(() => ++ran) })
        const keyed = Julep.withOptions({ idempotencyKey: "k", retry: false })
        const run = julep.sessions.run(session.id, "When?", { tools: { hour } }).pipe(keyed)
        const { text } = yield* run
        expect(yield* run).toMatchObject({ text })
        expect(ran).toBe(60)
      }).pipe(
        Effect.provide(
          mode([
            Scripted.toolCalls(
              Array.from({ length: 60 }, (_, index) => ({ id: `c${index}`, name: "hour", arguments: "{}" }))
            ),
            Scripted.reply("noon")
          ])
        )
      )
    )

    it.effect("a run under a key whose results reached a model that failed runs no tool again, also streamed", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        let ran = 0
        const hour = tool({ execute: () => Effect.sync(() => ++ran) })
        const options = { tools: { hour } }
        const keyed = Julep.withOptions({ idempotencyKey: "k", retry: false })
        const run = julep.sessions.run(session.id, "When?", options).pipe(keyed)
        expect(yield* Effect.flip(run)).toMatchObject({ _tag: "ServerError" })
        expect((yield* run).text).toBe("noon")
        const streamed = accumulateRun(julep.sessions.runStream(session.id, "And now?", options)).pipe(
          Julep.withOptions({ idempotencyKey: "other" })
        )
        expect((yield* streamed).text).toBe("one")
        expect((yield* streamed).rounds[0]?.results).toMatchObject([{ content: "2" }])
        expect(ran).toBe(2)
        yield* noFaults
      }).pipe(
        Effect.provide(
          mode([
            Scripted.toolCall("hour"),
            Scripted.fail(new ModelError({ reason: "unavailable", message: "down" })),
            Scripted.reply("noon"),
            Scripted.toolCall("hour"),
            Scripted.reply("one")
          ])
        )
      )
    )

    it.effect("spans have the names of tools, and neither arguments nor results", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const { spans, tracer } = recordingTracer()
        yield* julep.sessions.run(session.id, "When?", { tools }).pipe(tides(), Effect.withTracer(tracer))
        const named = spans().filter(({ name }) => name === "Julep.tool")
        expect(named.map(({ attributes, parent }) => [parent, attributes])).toEqual([
          ["Julep.sessions.run", { "julep.tool": "tide", "julep.tool_call_id": "a" }],
          ["Julep.sessions.run", { "julep.tool": "hour", "julep.tool_call_id": "b" }]
        ])
        expect(JSON.stringify(spans())).not.toMatch(/Lagos|When/)
      }).pipe(Effect.provide(mode([twoCalls, Scripted.reply("ok")])))
    )

    it.effect("streams the events of every round with those of the tools, and last the outcome", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const events = Chunk.toReadonlyArray(
          yield* Stream.runCollect(julep.sessions.runStream(session.id, "When?", { tools: { hour } }))
        )
        const kinds = events.map(kindOf).filter((kind) => kind !== "text ")
        expect(kinds).toEqual([
          "text Let",
          "text  me",
          "text  see.",
          "call hour 0",
          "result hour 0",
          "text It",
          "text  is",
          "text  noon.",
          "completed"
        ])
        expect(events.map(deltaText).join("")).toBe("Let me see.It is noon.")
        expect(yield* accumulateRun(Stream.fromIterable(events))).toMatchObject({
          text: "It is noon.",
          usage: { total_tokens: 24 },
          rounds: [{ results: [{ content: '{"hour":12}' }] }, { results: [] }]
        })
      }).pipe(
        Effect.provide(
          mode([
            Scripted.reply("Let me see.", { tool_calls: [{ id: "a", name: "hour", arguments: "{}" }], usage }),
            Scripted.reply("It is noon.", { usage })
          ])
        )
      )
    )

    it.effect("a reader that leaves a streamed run interrupts its tools", () =>
      Effect.gen(function* () {
        const { julep, session } = yield* scene()
        const begun = yield* Deferred.make<void>()
        const ended = yield* Deferred.make<string>()
        const slow = tool({
          execute: () =>
            Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never).pipe(
              Effect.onInterrupt(() => Deferred.succeed(ended, "interrupted"))
            )
        })
        const fiber = yield* Effect.fork(
          Stream.runDrain(julep.sessions.runStream(session.id, "When?", { tools: { hour: slow } }))
        )
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(fiber)
        expect(yield* Deferred.await(ended)).toBe("interrupted")
      }).pipe(Effect.provide(mode([Scripted.toolCall("hour")])))
    )
  })
