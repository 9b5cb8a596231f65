import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli } from "../support/cli.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-cli-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const developer = "8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"

describe("the commands of the operator, on a store", () => {
  it.live("make keys, list and revoke them", () =>
    Effect.gen(function* () {
      const db = `--db ${path.join(folder, "keys.db")}`
      const made = yield* cli(`keys create --name app --developer ${developer.toUpperCase()} --expires '90 days' ${db}`)
      expect(made.code).toBe(0)
      expect(made.out).toMatch(/^jlp_\w{40,}\n$/)
      expect(made.err).toContain(`acts for developer ${developer}. It is not shown again`)
      expect(made.err).not.toContain(made.out.trim())
      const other = JSON.parse((yield* cli(`keys create --name other --json ${db}`)).out)
      expect(other.key).toMatch(/^jlp_/)
      expect((yield* cli(`keys revoke ${other.id} ${db}`)).code).toBe(0)
      expect((yield* cli(`keys revoke ${other.id} ${db}`)).code).toBe(3)
      const { out } = yield* cli(`keys list ${db}`)
      expect(out).toMatch(/other +revoked/)
      expect(out).toMatch(/app +valid/)
      expect(out).not.toContain("jlp_")
      expect((yield* cli(`keys list --json ${db}`)).out).not.toContain("jlp_")
    })
  )

  it.live.each([
    ["--name ''", "--name must have 1 to 200 characters"],
    ["--name a --expires soon", '--expires must be a time such as 2027-01-31, or a duration such as "90 days"'],
    ["--name a --expires 1999-01-01", "--expires is in the past: 1999-01-01T00:00:00.000Z."],
    ["--name a --developer me", '--developer must be a UUID, not "me".']
  ] as const)("refuse keys create %s", ([options, message]) =>
    Effect.gen(function* () {
      const { code, err } = yield* cli(`keys create ${options} --db ${path.join(folder, "refused.db")}`)
      expect(code).toBe(2)
      expect(err).toContain(message)
    })
  )

  it.live("copy a store, and embed its docs again", () =>
    Effect.gen(function* () {
      const db = `--db ${path.join(folder, "store.db")}`
      const copy = path.join(folder, "copy.db")
      const data = '{"name":"Ada","docs":[{"title":"Tea","content":"Four minutes."}]}'
      yield* cli(`agents create --data '${data}' ${db}`)
      expect(yield* cli(`backup ${copy} ${db}`)).toEqual({ code: 0, out: `The copy is ${copy}.\n`, err: "" })
      expect((yield* cli(`agents get Ada --db ${copy}`)).code).toBe(0)
      expect((yield* cli(`backup ${copy} ${db}`)).code).toBe(1)
      expect(yield* cli(`reindex ${db}`)).toEqual({ code: 0, out: "Embedded 1 doc again.\n", err: "" })
      expect((yield* cli(`reindex --json ${db}`)).out).toBe('{"docs":1,"done":true}\n')
    })
  )
})
