/** Where the published specification is at hand, our table of facts must be what it says. */
import { describe, expect, it } from "@effect/vitest"
import { parse } from "yaml"
import { differences, line } from "../support/facts.js"
import type { Facts } from "../support/openapi.js"
import { operationsOf } from "../support/openapi.js"
import { say, sharedFile } from "../support/shared.js"
import { operations } from "./operations.js"

const file = sharedFile("openapi.yaml")
if (file === undefined) say("specification.test.ts: skipped, ../shared/contract/openapi.yaml does not exist")

const document: unknown = file === undefined ? {} : parse(file)
const specified = operationsOf(document)

const exactly = (table: Facts, spec: Facts) => [
  ...new Set([...differences(table, spec, "request"), ...differences(spec, table, "request")].map(line))
]

describe.skipIf(file === undefined)("the published specification", () => {
  it("has the operations of the table, each under its id, method, path and status", () => {
    const published = [...specified].map(([route, { operationId, statuses }]) => `${operationId} ${route} ${statuses}`)
    const table = operations.map(
      ({ operationId, method, path, status }) => `${operationId} ${method} ${path} ${status}`
    )
    expect(published.sort()).toEqual(table.sort())
  })

  it.each(operations)("says of $operationId what the table says", ({ method, path, query, request, response }) => {
    const spec = specified.get(`${method} ${path}`)!
    expect(exactly(query, spec.query)).toEqual([])
    expect(exactly(request, spec.request)).toEqual([])
    expect(exactly(response, spec.response)).toEqual([])
  })

  it("reports a member that the table lacks", () => {
    const { request } = specified.get("POST /agents")!
    const { name: _, ...lacking } = request
    expect(exactly(lacking, request)).not.toEqual([])
  })
})
