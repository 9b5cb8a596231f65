import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as fc from "effect/FastCheck"
import * as Stream from "effect/Stream"
import * as Scripted from "../../../../src/engine/model/Scripted.js"
import type { ModelRequest } from "../../../../src/engine/ports/Model.js"
import { renaming, withAcceptedNames } from "../../../../src/engine/usecases/prompt/ToolNames.js"

const requestOf = (names: ReadonlyArray<string>, more: Partial<ModelRequest> = {}): ModelRequest => ({
  model: "m",
  messages: [{ role: "user", content: "q" }],
  tools: names.map((name) => ({ name, parameters: {} })),
  settings: {},
  ...more
})
const sentNames = (names: ReadonlyArray<string>) => withAcceptedNames(requestOf(names)).tools.map(({ name }) => name)

describe("names of tools", () => {
  it("are sent as endpoints take them, each its own", () => {
    const name = fc.oneof(
      fc.string({ maxLength: 70 }),
      fc.constantFrom("look up", "look_up", "look.up", "天気", "2fa", "ok")
    )
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), (names) => {
        const sent = sentNames(names)
        for (const each of sent) expect(each).toMatch(/^[a-zA-Z_][a-zA-Z0-9_-]{0,63}$/)
        expect(new Set(sent).size).toBe(names.length)
      })
    )
  })

  it("stay as they are where they are fit, and another one's name is never taken", () => {
    const request = requestOf(["look_up", "wind"])
    expect(withAcceptedNames(request)).toBe(request)
    expect(sentNames(["look up", "files.read", "2fa"])).toEqual(["look_up", "files_read", "_2fa"])
    const [first, second, third] = sentNames(["look up", "look_up", "look.up"])
    expect(second).toBe("look_up")
    expect(new Set([first, third]).size).toBe(2)
    expect([first, third]).toEqual([
      expect.stringMatching(/^look_up_[0-9a-zA-Z]{9}$/),
      expect.stringMatching(/^look_up_[0-9a-zA-Z]{9}$/)
    ])
  })

  it("are the same in the choice, in calls and in results of history, also of tools that are gone", () => {
    const call = (name: string) => ({ id: "123456789", name, arguments: "{}" })
    const sent = withAcceptedNames(
      requestOf(["look up"], {
        tool_choice: { type: "function", function: { name: "look up" } },
        messages: [
          { role: "user", content: "q" },
          { role: "assistant", content: null, tool_calls: [call("look up"), call("gone tool")] },
          { role: "tool", tool_call_id: "123456789", name: "look up", content: "r" }
        ]
      })
    )
    expect(sent.tool_choice).toEqual({ type: "function", function: { name: "look_up" } })
    expect(sent.messages.slice(1)).toMatchObject([
      { tool_calls: [{ name: "look_up" }, { name: "gone_tool" }] },
      { name: "look_up" }
    ])
  })

  it.effect("come back as they were, whole and streamed", () =>
    Effect.gen(function* () {
      const scripted = yield* Scripted.make(() => Scripted.toolCall("look_up"))
      const model = renaming(scripted)
      const request = requestOf(["look up"])
      expect((yield* model.complete(request)).tool_calls).toMatchObject([{ name: "look up" }])
      const events = Chunk.toReadonlyArray(yield* Stream.runCollect(model.stream(request)))
      expect(events).toMatchObject([{ call: { name: "look up" } }, { _tag: "End" }])
      expect((yield* scripted.requests).flatMap(({ tools }) => tools.map(({ name }) => name))).toEqual([
        "look_up",
        "look_up"
      ])
    })
  )
})
