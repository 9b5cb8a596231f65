import { describe, expect, it } from "@effect/vitest"
import { openApi } from "../src/engine/http/openapi/Document.js"
import { conformance } from "./suites/conformance.js"
import { parity } from "./suites/parity.js"
import { keys } from "./suites/wireForms.js"
import { checker } from "./support/documented.js"
import { remoteThrough } from "./support/modes.js"
import * as wired from "./support/wire.js"

const documented = checker()
const wire = wired.remoteThrough(documented.app)

conformance("remote", remoteThrough(documented.app), wire)
parity(wired.embedded, wire)
describe("remote, with a key", () => {
  keys(wire)
})

describe("the OpenAPI document", () => {
  it("has every response of the suites above", () => {
    expect(documented.faults).toEqual([])
  })

  it("has no member that may be absent or null, and never is", () => {
    // These messages and calls are those of requests, too, and only a job that has not begun has no reason.
    const others = documented
      .unused()
      .filter((each) => !/^Completion(Message|ToolCall)\.|^JobStatus\.reason/.test(each))
    expect(others).toEqual([])
  })

  it("has no operation of the agents API that the suites above do not call with success", () => {
    const paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId: string }>>>> = Object(
      openApi["paths"]
    )
    const agents = Object.entries(paths).filter(([path]) => !path.startsWith("/v1/"))
    const ids = agents.flatMap(([, item]) => Object.values(item).map(({ operationId }) => operationId))
    const called = new Set(
      [...documented.seen].flatMap((each) => (/ 2\d\d /.test(each) ? each.split(" ").slice(0, 1) : []))
    )
    expect(ids).toHaveLength(47)
    expect(ids.filter((id) => !called.has(id))).toEqual([])
  })

  it("a response that does not fit is reported", () => {
    const { check, faults, seen } = checker()
    check("GET", "/api/agents?limit=1", 200, "application/json", [{ items: [{ id: "x", name: null }] }])
    check("GET", "/agents", 418, "application/json", [{}])
    check("GET", "/nowhere", 418, "application/json", [{}])
    expect(faults).toHaveLength(2)
    expect(faults[0]).toMatch(
      /^ListAgents 200 application\/json: .*\/items\/0\/id must match format "uuid".*\/name must be/
    )
    expect(faults[1]).toBe("ListAgents 418 application/json is not in the document")
    expect([...seen]).toHaveLength(2)
  })
})
