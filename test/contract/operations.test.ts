import * as HttpApi from "@effect/platform/HttpApi"
import * as OpenApi from "@effect/platform/OpenApi"
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { JulepApi } from "../../src/schema/api/JulepApi.js"
import { KEY, stubbed } from "../support/client.js"
import { type Difference, differences, line } from "../support/facts.js"
import { type DocumentedOperation, operationsOf } from "../support/openapi.js"
import { calls } from "./calls.js"
import { deliberate, type Operation, operations } from "./operations.js"

const documented = operationsOf(OpenApi.fromApi(JulepApi))

const ours = (operation: Operation): DocumentedOperation => {
  const found = documented.get(`${operation.method} ${operation.path}`)
  if (found === undefined) throw new Error(`${operation.operationId} is not in our contract`)
  return found
}

const meant = (operation: Operation, { member, what }: Difference) =>
  deliberate.some(
    (each) => each.operation.test(operation.operationId) && each.member.test(member) && each.what.includes(what)
  )

const unmeant = (operation: Operation, found: ReadonlyArray<Difference>) =>
  found.filter((each) => !meant(operation, each)).map(line)

const isValue = ({ what }: Difference) => /imum$|default|Items$/.test(what)

/** Operations of the embedded engine's own, marked so where they are documented. */
const beyond = [
  "POST /sessions/{session_id}/render sessions.render 200",
  "GET /sessions/{session_id}/prompts sessions.prompts 200",
  "POST /sessions/{session_id}/claims sessions.claim 200",
  "GET /agents/{agent_id}/docs/{doc_id} docs.getOfAgent 200",
  "GET /users/{user_id}/docs/{doc_id} docs.getOfUser 200",
  "POST /agents/{agent_id}/memories memories.create 201",
  "POST /agents/{agent_id}/docs/search docs.searchOfAgent 200",
  "POST /users/{user_id}/docs/search docs.searchOfUser 200",
  "PUT /agents agents.ensure 200",
  "PUT /agents/{agent_id}/docs docs.syncOfAgent 200",
  "PUT /users/{user_id}/docs docs.syncOfUser 200"
]

describe("the 36 operations", () => {
  it("are exactly those of the contract", () => {
    const reflected: Array<string> = []
    HttpApi.reflect(JulepApi, {
      onGroup: () => {},
      onEndpoint: ({ group, endpoint, successes }) => {
        const path = endpoint.path.replaceAll(/:(\w+)/g, "{$1}")
        const status = Math.min(...[...successes.keys()].filter((each) => each !== 204))
        reflected.push(`${endpoint.method} ${path} ${group.identifier}.${endpoint.name} ${status}`)
      }
    })
    const expected = operations.map(({ method, path, endpoint, status }) => `${method} ${path} ${endpoint} ${status}`)
    expect(expected).toHaveLength(36)
    expect(reflected.sort()).toEqual([...expected, ...beyond].sort())
  })

  it.each(operations)("$operationId takes the members of the specification", (operation) => {
    const { query, request } = ours(operation)
    expect(unmeant(operation, differences(operation.query, query, "request"))).toEqual([])
    expect(unmeant(operation, differences(operation.request, request, "request"))).toEqual([])
  })

  it.each(operations)("$operationId understands the members of the specification", (operation) => {
    const found = differences(operation.response, ours(operation).response, "response")
    expect(
      unmeant(
        operation,
        found.filter((each) => !isValue(each))
      )
    ).toEqual([])
  })

  it("the ranges and defaults of what is answered are documented", () => {
    const found = operations.flatMap((operation) => {
      const { response } = ours(operation)
      return unmeant(operation, differences(operation.response, response, "response").filter(isValue))
    })
    expect([...new Set(found)]).toEqual([])
  })

  it("every deliberate difference is a difference", () => {
    const seen = new Set(
      operations.flatMap((operation) => {
        const { query, request, response } = ours(operation)
        const found = [
          ...differences(operation.query, query, "request"),
          ...differences(operation.request, request, "request"),
          ...differences(operation.response, response, "response")
        ]
        return deliberate.filter((each) =>
          found.some(
            ({ member, what }) =>
              each.operation.test(operation.operationId) && each.member.test(member) && each.what.includes(what)
          )
        )
      })
    )
    expect(deliberate.filter((each) => !seen.has(each)).map(({ because }) => because)).toEqual([])
  })

  it("a wrong member, range, enumeration or default is reported", () => {
    const spec = {
      a: { types: ["number"], required: true, minimum: 0, maximum: 2, default: 1 },
      b: { types: ["string"], required: false, enum: ["x", "y"] },
      c: { types: ["integer"], required: false }
    }
    const other = {
      a: { types: ["number"], required: false, minimum: 0, maximum: 3 },
      b: { types: ["string"], required: false, enum: ["x"] },
      c: { types: ["number"], required: false },
      d: { types: ["string"], required: false }
    }
    expect(differences(spec, spec, "request")).toEqual([])
    expect(differences(spec, other, "request").map(({ member, what }) => `${member} ${what}`)).toEqual([
      "a required",
      "a maximum",
      "a default",
      "b enum",
      "c types",
      "d member"
    ])
    expect(differences({}, { a: spec.a }, "response").map(({ what }) => what)).toEqual(["member"])
    expect(differences({ c: spec.c }, { c: other.c }, "response")).toEqual([])
  })
})

describe("every operation is callable by a manager", () => {
  it("and has a call here", () => {
    expect(Object.keys(calls).sort()).toEqual(operations.map(({ operationId }) => operationId).sort())
  })

  for (const { operationId, method, status } of operations) {
    it.effect(operationId, () =>
      Effect.gen(function* () {
        const expected = calls[operationId]!
        const { julep, http } = yield* stubbed({ status, body: expected.answer })
        yield* expected.call(julep)
        const sent = http.last()
        expect(http.requests).toHaveLength(1)
        expect([sent.method, sent.url.origin, sent.path]).toEqual([method, "https://julep.test", expected.path])
        expect(sent.query).toEqual(expected.query ?? {})
        expect(sent.body).toEqual(expected.body)
        expect(sent.headers["authorization"]).toBe(`Bearer ${KEY}`)
        expect(sent.headers["accept"]).toBe("application/json")
        expect(sent.headers["content-type"]).toBe(expected.body === undefined ? undefined : "application/json")
      })
    )
  }
})
