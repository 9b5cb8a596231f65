import { describe, expect, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { ConnectionError, JulepConfigError, JulepError, NotFound, RequestError } from "../../src/index.js"

describe("the unions of errors", () => {
  const notFound = new NotFound({ message: "There is no agent", status: 404, resource: "agent" })
  const config = new JulepConfigError({ message: "The key is missing" })

  it("are schemas of their members, and JulepError has JulepConfigError besides", () => {
    const ofRequest = Schema.is(RequestError)
    const ofPackage = Schema.is(JulepError)
    expect([notFound, config, new Error("other")].map((error) => ofRequest(error))).toEqual([true, false, false])
    expect([notFound, config, new Error("other")].map((error) => ofPackage(error))).toEqual([true, true, false])
  })

  it("encode errors to plain objects, and decode those to the classes", () => {
    const refused = new ConnectionError({ message: "refused", reason: "refused" })
    for (const error of [notFound, refused, config]) {
      const plain = JSON.parse(JSON.stringify(Schema.encodeSync(JulepError)(error)))
      const decoded = Schema.decodeUnknownSync(JulepError)(plain)
      expect(decoded).toBeInstanceOf(error.constructor)
      expect(decoded).toMatchObject(plain)
    }
  })
})
