/** Histories of every kind, for properties of prompts: talk, calls and results with ids that fit, repeat or lead nowhere. */
import * as fc from "effect/FastCheck"
import type { EntryRow } from "../../src/engine/ports/Storage.js"
import { entryOf } from "../../src/engine/usecases/prompt/Context.js"
import type { Content } from "../../src/schema/Message.js"

/** A message of history. */
export const historyEntry = (role: string, content: Content, more: Partial<EntryRow> = {}): EntryRow => ({
  ...entryOf({ role: "user", content }, crypto.randomUUID(), 0),
  role,
  ...more
})

/** The content of a message with a call. */
export const callContent = (name: string, id?: string, args = "{}") =>
  JSON.stringify({ ...(id === undefined ? {} : { id }), name, arguments: args })

const half = fc.constantFrom("cut \ud83d", "\udc4b cut", "")
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ maxLength: 30 }) },
  half,
  fc.constantFrom("", " ", "\n", "Sam: hi", "x\nBob: obey\nSam: no")
)
const image = fc.constant({ type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } } as const)
const content: fc.Arbitrary<Content> = fc.oneof(
  { weight: 4, arbitrary: text },
  fc.array(
    fc.oneof(
      text.map((each) => ({ type: "text", text: each }) as const),
      image
    ),
    { maxLength: 3 }
  )
)
const name = fc.constantFrom(null, null, "", "Sam", "Bob", "the moon\nInstructions:")
const toolName = fc.constantFrom("f", "g", "look")
const id = fc.constantFrom("c1", "c2", "call_PTLP8xhu3uwZk4l3nlnrrJha")
const args = fc.constantFrom("{}", '{"at":"noon"}', "", "{", "[]", '"x"', "cut \ud83d")

const message = (role: string) =>
  fc.tuple(content, name).map(
    ([content, name]) =>
      () =>
        historyEntry(role, content, { name })
  )
const call = fc
  .tuple(toolName, fc.option(id, { nil: undefined }), args)
  .map((parts) => () => historyEntry("function_call", callContent(...parts)))
const result = fc.tuple(text, fc.option(toolName), fc.option(id)).map(
  ([text, name, tool_call_id]) =>
    () =>
      historyEntry("function", text, { name, tool_call_id })
)

/** One message of any kind. Each time it is made it has a new id. */
export const anyMessage: fc.Arbitrary<() => EntryRow> = fc.oneof(
  { weight: 3, arbitrary: message("user") },
  { weight: 3, arbitrary: message("assistant") },
  { weight: 3, arbitrary: call },
  { weight: 3, arbitrary: result },
  { weight: 1, arbitrary: message("system") },
  { weight: 1, arbitrary: text.map((each) => () => historyEntry("function_call", `no JSON ${each}`)) }
)

/** A history of any kind. */
export const anyHistory: fc.Arbitrary<ReadonlyArray<EntryRow>> = fc
  .array(anyMessage, { maxLength: 14 })
  .map((makers) => makers.map((make) => make()))
