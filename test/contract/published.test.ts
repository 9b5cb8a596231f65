/** The differences between the published specification and the served document are those that docs/openapi.md justifies. */
import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { parse } from "yaml"
import { openApi } from "../../src/engine/http/openapi/Document.js"
import type { Json } from "../../src/engine/http/openapi/jsonSchema.js"
import { type Difference, differencesOf, tableOf } from "../support/openapiFacts.js"
import { say, sharedFile } from "../support/shared.js"
import { operations } from "./operations.js"

const file = sharedFile("openapi.yaml")
if (file === undefined) say("published.test.ts: skipped, ../shared/contract/openapi.yaml does not exist")

const ids = new Map(operations.map(({ method, operationId, path }) => [`${method} ${path}`, operationId]))

/** `*` stands for any text, `?` for a character, and `{a,b}` for either. */
const glob = (pattern: string): RegExp => {
  const source = pattern
    .replaceAll(/[.+^$()|[\]\\/]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".")
    .replaceAll("{", "(?:")
    .replaceAll("}", ")")
    .replaceAll(",", "|")
  return new RegExp(`^${source}$`, "s")
}

interface Row {
  readonly text: string
  readonly covers: (difference: Difference) => boolean
}

const codes = (cell: string) => [...cell.matchAll(/`([^`]*)`/g)].map(([, code = ""]) => code.replaceAll("\\|", "|"))

const rowOf = (line: string): Row => {
  const [what = "", published = "", served = "", why = ""] = line.split(/(?<!\\)\|/).slice(1, -1)
  if (why.trim() === "") throw new Error(`a row without a reason: ${line}`)
  const places = codes(what).map(glob)
  const [before, after] = [published, served].map((cell) => glob(codes(cell)[0] ?? ""))
  return {
    text: line,
    covers: (difference) =>
      places.some((place) => place.test(difference.what)) &&
      before?.test(difference.published) === true &&
      after?.test(difference.served) === true
  }
}

const page = fs.readFileSync(new URL("../../docs/openapi.md", import.meta.url), "utf8")
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map(rowOf)

const published: Json = file === undefined ? {} : parse(file)
const differences = differencesOf(tableOf(published, ids), tableOf(openApi, ids))
const line = ({ published, served, what }: Difference) => `${what}: ${published} -> ${served}`

describe("the table of differences", () => {
  it("has rows, each with a reason", () => {
    expect(rows.length).toBeGreaterThan(20)
  })

  it.skipIf(file === undefined)("covers every difference", () => {
    expect(differences.length).toBeGreaterThan(100)
    expect(differences.filter((each) => !rows.some(({ covers }) => covers(each))).map(line)).toEqual([])
  })

  it.skipIf(file === undefined)("has no row without a difference", () => {
    expect(rows.filter(({ covers }) => !differences.some(covers)).map(({ text }) => text)).toEqual([])
  })

  it("a difference is found in every direction", () => {
    const document = (schema: Json): Json => ({ openapi: "3.1.0", components: { schemas: { A: schema } } })
    const compare = (a: Json, b: Json) => differencesOf(tableOf(document(a), ids), tableOf(document(b), ids)).map(line)
    const member = (schema: Json): Json => ({ type: "object", properties: { a: schema }, required: ["a"] })
    const text = { type: "string" }
    expect(compare(member(text), member(text))).toEqual([])
    expect(compare(member({ ...text, nullable: true }), member({ anyOf: [text, { type: "null" }] }))).toEqual([])
    const closed = { type: "number", maximum: 1, exclusiveMaximum: true }
    expect(compare(member(closed), member({ type: "number", exclusiveMaximum: 1 }))).toEqual([])
    expect(compare(member(text), member({ type: "integer" }))).toEqual(["A.a type: string -> integer"])
    expect(compare(member(text), { type: "object" })).toEqual(["A.a: string -> none"])
    expect(compare({ type: "object" }, member(text))).toEqual(["A.a: none -> string"])
    expect(compare(member(text), { ...member(text), required: [] })).toEqual(["A.a required: yes -> no"])
    expect(compare(member(text), member({ ...text, enum: ["b"], default: "b" }))).toEqual([
      "A.a default: none -> b",
      "A.a enum: none -> b"
    ])
    expect(
      compare(member({ type: "array", items: text }), member({ type: "array", items: { $ref: "#/x/B" } }))
    ).toEqual(["A.a type: string[] -> B[]", "A.a[] type: string -> B"])
  })
})
