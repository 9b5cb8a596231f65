/** Property tests with the schemas as generators: every value survives JSON unchanged. */
import { isDeepStrictEqual } from "node:util"
import { describe, expect, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { JsonObject, Timestamp } from "../../src/schema/Field.js"
import { entities, payloads } from "./arbitraries.js"

const runs = { numRuns: 60 }

/** A value as JSON keeps it: without undefined members and negative zero. */
const kept = (value: unknown): unknown => {
  if (Object.is(value, -0)) return 0
  if (typeof value !== "object" || value === null || value instanceof Date) return value
  if (Array.isArray(value)) return value.map(kept)
  const members = Object.entries(value).filter(([, member]) => member !== undefined)
  return Object.fromEntries(members.map(([key, member]) => [key, kept(member)]))
}

/**
 * A generated value as JSON can carry it: members whose schema is `Unknown` or any number generate more than that. A
 * member called `__proto__` is left out here, because `Schema.Record` assigns members and loses it: a trap of the
 * library where members of any name pass. Free-form JSON is not copied and has no such trap, which is tested below.
 */
const carried = (value: unknown): unknown => {
  if (typeof value === "number") return Number.isFinite(value) ? value : 0
  if (typeof value !== "object" || value === null || value instanceof Date) return value
  if (Array.isArray(value)) return value.map((item) => (item === undefined ? null : carried(item)))
  const members = Object.entries(value).filter(([key]) => key !== "__proto__")
  return Object.fromEntries(members.map(([key, member]) => [key, carried(member)]))
}

/** A decoded object has the prototype of a literal, even if a key is called `__proto__`. */
const plain = (value: unknown): boolean => {
  if (typeof value !== "object" || value === null || value instanceof Date) return true
  const prototype: unknown = Object.getPrototypeOf(value)
  return (
    (Array.isArray(value) || prototype === Object.prototype || prototype === null) && Object.values(value).every(plain)
  )
}

const travels = (schema: Schema.Schema.AnyNoContext, value: unknown): void => {
  const wire: unknown = JSON.parse(JSON.stringify(Schema.encodeSync(schema)(value)))
  const back: unknown = Schema.decodeUnknownSync(schema)(wire)
  if (!isDeepStrictEqual(kept(back), kept(value))) expect(kept(back)).toEqual(kept(value))
  expect(plain(back)).toBe(true)
}

describe("encode, JSON, decode gives back the same", () => {
  for (const [name, schema] of Object.entries({ ...entities, ...payloads })) {
    it(name, () => {
      // A name made up for an unknown member may be that of a known one: such a value is none of the schema.
      const values = Arbitrary.make(schema).map(carried).filter(Schema.is(schema))
      FastCheck.assert(
        FastCheck.property(values, (value: unknown) => travels(schema, value)),
        runs
      )
    })
  }
})

const keys = FastCheck.oneof(
  FastCheck.string(),
  FastCheck.constantFrom("__proto__", "constructor", "toString", "hasOwnProperty", "createdAt", "a.b", "")
)

const json: FastCheck.Arbitrary<unknown> = FastCheck.letrec<{ node: unknown }>((tie) => ({
  node: FastCheck.oneof(
    { maxDepth: 4 },
    FastCheck.jsonValue(),
    FastCheck.array(tie("node"), { maxLength: 4 }),
    FastCheck.array(FastCheck.tuple(keys, tie("node")), { maxLength: 4 }).map((members) =>
      JSON.parse(`{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`)
    )
  )
})).node

const metadata = FastCheck.array(FastCheck.tuple(keys, json), { maxLength: 6 }).map((members) =>
  JSON.parse(`{${members.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(",")}}`)
)

const id = "6f9619ff-8b86-4011-b42d-00c04fc964ff"
const created_at = "2031-04-05T06:07:08.250Z"

/** Wherever JSON of any shape travels: the schema, and a value on the wire that holds it. */
const holders: ReadonlyArray<readonly [string, (json: JsonObject) => unknown]> = [
  ["Agent", (metadata) => ({ id, name: "a", model: "m", about: "", metadata })],
  ["CreateAgent", (metadata) => ({ name: "a", metadata })],
  ["UpdateAgent", (metadata) => ({ name: "a", about: "", metadata })],
  ["PatchAgent", (metadata) => ({ metadata })],
  ["User", (metadata) => ({ id, name: "a", about: "", metadata })],
  ["CreateUser", (metadata) => ({ docs: [{ title: "t", content: "c", metadata }] })],
  ["Session", (metadata) => ({ id, agent_id: id, situation: "", metadata })],
  ["PatchSession", (metadata) => ({ metadata })],
  ["Doc", (metadata) => ({ id, title: "t", content: "c", created_at, metadata })],
  ["Memory", (entity) => ({ id, agent_id: id, content: "c", entities: [entity], created_at })],
  ["Tool", (parameters) => ({ id, type: "function", function: { name: "f", parameters } })],
  ["PatchTool", (parameters) => ({ function: { parameters } })]
]

describe("JSON of any shape", () => {
  for (const [name, hold] of holders) {
    it(`goes through ${name} and comes back as the same text`, () => {
      const schema = { ...entities, ...payloads }[name]!
      FastCheck.assert(
        FastCheck.property(metadata, (json: JsonObject) => {
          const wire = hold(json)
          const back = Schema.encodeSync(schema)(Schema.decodeUnknownSync(schema)(wire))
          expect(JSON.stringify(back)).toBe(JSON.stringify(wire))
        }),
        { numRuns: 100 }
      )
    })
  }

  for (const bad of [[], null, "{}", 1, new Date(0), new Map(), { a: 1n }, { a: [new Date(0)] }, { a: Number.NaN }]) {
    it(`is not ${JSON.stringify(bad, (_, value) => (typeof value === "bigint" ? `${value}n` : value))}`, () => {
      expect(() => Schema.decodeUnknownSync(JsonObject)(bad)).toThrow(/object of plain JSON values/)
    })
  }
})

describe("timestamps", () => {
  it("are instants, whatever their spelling", () => {
    const instants = FastCheck.date({ min: new Date("1970-01-01"), max: new Date("9999-12-31"), noInvalidDate: true })
    FastCheck.assert(
      FastCheck.property(instants, FastCheck.integer({ min: -14 * 60, max: 14 * 60 }), (instant, offset) => {
        const sign = offset < 0 ? "-" : "+"
        const pad = (n: number) => String(Math.floor(n)).padStart(2, "0")
        const zone = `${sign}${pad(Math.abs(offset) / 60)}:${pad(Math.abs(offset) % 60)}`
        const shifted = new Date(instant.getTime() + offset * 60_000)
        FastCheck.pre(shifted.getUTCFullYear() >= 1970 && shifted.getUTCFullYear() <= 9999)
        const local = shifted.toISOString().slice(0, -1)
        for (const wire of [instant.toISOString(), `${local}${zone}`, `${local}000${zone}`, instant.getTime() / 1000]) {
          expect(Math.abs(Schema.decodeUnknownSync(Timestamp)(wire).getTime() - instant.getTime())).toBeLessThanOrEqual(
            1
          )
        }
      }),
      runs
    )
  })
})
