/** The decoder of server-sent events, over every way to write and to cut them. */
import { describe, expect, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Stream from "effect/Stream"
import { encode, keepAlive } from "../../src/engine/http/ServerSentEvents.js"
import { decode, SseDecoder, type SseEvent } from "../../src/transport/Sse.js"

const encoder = new TextEncoder()
const bytesOf = (text: string) => encoder.encode(text)

const run = (chunks: Iterable<Uint8Array>): ReadonlyArray<SseEvent> => {
  const decoder = new SseDecoder()
  const events: Array<SseEvent> = []
  for (const chunk of chunks) events.push(...decoder.push(chunk))
  return [...events, ...decoder.end()]
}

const single = (bytes: Uint8Array) => Array.from(bytes, (byte) => Uint8Array.of(byte))

/** The bytes cut at these places. A place named twice makes an empty chunk. */
const cut = (bytes: Uint8Array, places: ReadonlyArray<number>) => {
  const sorted = places.map((place) => place % (bytes.length + 1)).sort((a, b) => a - b)
  return [...sorted, bytes.length].map((end, index) => bytes.subarray(sorted[index - 1] ?? 0, end))
}

type Ending = "\n" | "\r" | "\r\n"

/** One line as it is written: what is in it and how it ends. */
interface Line {
  readonly text: string
  readonly ending: Ending
}

interface Written {
  readonly events: ReadonlyArray<SseEvent>
  readonly bytes: Uint8Array
}

const ending: FastCheck.Arbitrary<Ending> = FastCheck.constantFrom("\n", "\r", "\r\n")
const value = FastCheck.string({ unit: "binary", maxLength: 6 }).map((text) => text.replaceAll(/[\r\n]/g, "\u2028"))

/** A field, with the space after its colon or, where the value allows it, without. */
const field = (name: string, content: string, spaced: boolean) =>
  spaced || content.startsWith(" ") ? `${name}: ${content}` : content === "" ? name : `${name}:${content}`

const noise = FastCheck.oneof(
  value.map((text) => `:${text}`),
  FastCheck.constantFrom(
    ": keep-alive",
    "id: 7",
    "retry: 10",
    "retry",
    "unknown: x",
    "Data: not data",
    " data: nor this"
  )
)

/** An event, and the lines that say it in this order: its name somewhere among its data, noise anywhere. */
const event = FastCheck.record({
  name: FastCheck.option(FastCheck.constantFrom("message", "error", "ping"), { nil: undefined }),
  data: FastCheck.array(FastCheck.tuple(value, FastCheck.boolean(), FastCheck.array(noise, { maxLength: 1 })), {
    minLength: 1,
    maxLength: 3
  })
}).map(({ data, name }) => ({
  event: { ...(name === undefined ? {} : { event: name }), data: data.map(([text]) => text).join("\n") },
  lines: [
    ...(name === undefined ? [] : [`event: ${name}`]),
    ...data.flatMap(([text, spaced, before]) => [...before, field("data", text, spaced)])
  ]
}))

/** A blank line after a CR must not be a bare LF: the two would be one ending. */
const text = (lines: ReadonlyArray<Line>) =>
  lines.map((line, at) => {
    const joins = line.text === "" && line.ending === "\n" && lines[at - 1]?.ending === "\r"
    return line.text + (joins ? "\r" : line.ending)
  })

const written: FastCheck.Arbitrary<Written> = FastCheck.record({
  events: FastCheck.array(event, { maxLength: 4 }),
  bom: FastCheck.boolean(),
  blank: FastCheck.boolean(),
  last: FastCheck.constantFrom("blank line", "line end", "nothing"),
  endings: FastCheck.infiniteStream(ending)
}).map(({ blank, bom, endings, events, last }) => {
  const lines = events.flatMap(({ lines }) => [...lines, "", ...(blank ? [":", ""] : [])])
  if (!blank && last !== "blank line") lines.pop()
  const rendered = text(
    lines.map((line) => {
      const { value: next } = endings.next()
      return { text: line, ending: next ?? "\n" }
    })
  )
  if (last === "nothing" && !blank) rendered.push((rendered.pop() ?? "").replace(/[\r\n]+$/, ""))
  return { events: events.map(({ event }) => event), bytes: bytesOf((bom ? "\ufeff" : "") + rendered.join("")) }
})

describe("the SSE decoder", () => {
  it("gives the same events whatever the line ends, the noise and the cuts", () => {
    const seen = { split: 0, mixed: 0, unterminated: 0, multibyte: 0 }
    FastCheck.assert(
      FastCheck.property(written, FastCheck.array(FastCheck.nat()), ({ bytes, events }, places) => {
        expect(run([bytes])).toEqual(events)
        expect(run(single(bytes))).toEqual(events)
        expect(run(cut(bytes, places))).toEqual(events)
        for (let place = 0; place <= bytes.length; place++) {
          expect(run([bytes.subarray(0, place), bytes.subarray(place)])).toEqual(events)
          seen.split++
        }
        const whole = new TextDecoder().decode(bytes)
        if (/\r\n/.test(whole) && /\r(?!\n)/.test(whole) && /(?<!\r)\n/.test(whole)) seen.mixed++
        if (whole !== "" && !/[\r\n]$/.test(whole)) seen.unterminated++
        if (bytes.some((byte) => byte > 0xef)) seen.multibyte++
      }),
      { numRuns: 300 }
    )
    // The generator reaches what the property is about.
    expect(seen.split).toBeGreaterThan(1000)
    for (const count of [seen.mixed, seen.unterminated, seen.multibyte]) expect(count).toBeGreaterThan(10)
  })

  it.effect("is a stream that starts again each time it runs", () =>
    Effect.gen(function* () {
      const half = decode(Stream.fromIterable([bytesOf("\ufeffdata: 1\r"), bytesOf("\n\r\nevent: x\ndata: 2")]))
      const expected = [{ data: "1" }, { event: "x", data: "2" }]
      for (let time = 0; time < 2; time++)
        expect(Chunk.toReadonlyArray(yield* Stream.runCollect(half))).toEqual(expected)
    })
  )

  it.effect("gives an event with the bytes that complete it, not with the next ones", () =>
    Effect.gen(function* () {
      const never = Stream.concat(Stream.make(bytesOf("data: 1\n\ndata: 2\n\ndata: 3\n")), Stream.never)
      const first = yield* Stream.runCollect(Stream.take(decode(never), 2))
      expect(Chunk.toReadonlyArray(first)).toEqual([{ data: "1" }, { data: "2" }])
    })
  )

  it("reads what the encoder writes, and a keep-alive is nothing", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.array(FastCheck.json()), (values) => {
        const bytes = values.flatMap((json) => [keepAlive, encode(json)])
        expect(run(bytes)).toEqual(values.map((data) => ({ data })))
      })
    )
  })

  const cases: ReadonlyArray<readonly [what: string, text: string, events: ReadonlyArray<SseEvent>]> = [
    ["nothing", "", []],
    ["blank lines", "\n\r\n\r\n", []],
    ["a comment", ": hello\n\n", []],
    ["a byte order mark alone", "\ufeff", []],
    ["a second byte order mark is text", "\ufeff\ufeffdata: no\n\ndata: yes\n\n", [{ data: "yes" }]],
    ["a byte order mark inside data", "data: \ufeffx\n\n", [{ data: "\ufeffx" }]],
    ["data without colon", "data\n\n", [{ data: "" }]],
    ["data without value", "data:\n\n", [{ data: "" }]],
    ["two empty lines of data", "data\ndata\n\n", [{ data: "\n" }]],
    ["one space is the colon's, the second is data", "data:  x\n\n", [{ data: " x" }]],
    ["a colon in data", "data: a:b: c\n\n", [{ data: "a:b: c" }]],
    ["an event without data", "event: ping\n\ndata: 1\n\n", [{ data: "1" }]],
    ["the last of two names", "event: a\nevent: b\ndata: 1\n\n", [{ event: "b", data: "1" }]],
    ["a last event without its end", "data: 1\n\ndata: 2", [{ data: "1" }, { data: "2" }]],
    ["a last line that is half a field", "data: 1\n\ndat", [{ data: "1" }]]
  ]
  for (const [what, source, events] of cases) {
    it(`reads ${what}`, () => {
      expect(run(single(bytesOf(source)))).toEqual(events)
    })
  }

  it("replaces a character that the end of the bytes cuts", () => {
    const bytes = bytesOf("data: a€")
    expect(run(single(bytes.subarray(0, bytes.length - 1)))).toEqual([{ data: "a\ufffd" }])
  })
})
