/** The OpenAPI document as an engine serves it. */
import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Embedded } from "../../../src/embedded.js"
import { modes, send } from "../../support/wire.js"

const noKey = { headers: { authorization: "" } }

for (const [name, mode] of modes) {
  describe(name, () => {
    it.effect("the document is at /openapi.json, without a key, also under /api", () =>
      Effect.gen(function* () {
        const document = yield* Embedded.openApi
        for (const path of ["/openapi.json", "/api/openapi.json", "/openapi.json?version=1", "/openapi.json/"]) {
          const answered = yield* send("GET", path, noKey)
          expect([path, answered.status, answered.headers["content-type"]]).toEqual([path, 200, "application/json"])
          expect(answered.body).toEqual(document)
        }
      }).pipe(Effect.provide(mode()))
    )

    it.effect("what is beside it is not a document", () =>
      Effect.gen(function* () {
        for (const path of ["/openapi.jsonp", "/openapi.json/agents", "/v1/openapi.json"]) {
          expect((yield* send("GET", path)).status, path).toBe(404)
        }
        expect((yield* send("POST", "/openapi.json", { json: {} })).status).toBe(404)
      }).pipe(Effect.provide(mode()))
    )
  })
}
