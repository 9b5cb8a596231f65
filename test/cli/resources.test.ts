import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli, type Surroundings } from "../support/cli.js"

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-cli-"))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

/** Runs a command on a store, which must succeed, and returns what it printed. */
const on = (store: string) => (line: string, surroundings?: Surroundings) =>
  Effect.map(cli(`${line} --db ${path.join(folder, store)}`, surroundings), ({ code, err, out }) => {
    expect({ code, err: code === 0 ? "" : err }).toEqual({ code: 0, err: "" })
    return out
  })

const json = (out: string): Record<string, unknown> => JSON.parse(out)
const lines = (out: string) => out.trimEnd().split("\n")

describe("the commands of resources", () => {
  it.effect("create, list, get, update and delete agents, by id and by name", () =>
    Effect.gen(function* () {
      const run = on("agents.db")
      const created = json(
        yield* run(
          "agents create --name Ada --about Tea --instruction 'Be brief.' --instruction 'Be kind.' --metadata '{\"a\":1}' --json"
        )
      )
      expect(created).toMatchObject({ name: "Ada", instructions: ["Be brief.", "Be kind."], metadata: { a: 1 } })
      expect(yield* run("agents create --data - --name Bob", { input: '{"name":"Eve","about":"Coffee"}' })).toMatch(
        /^Created agent [0-9a-f-]{36} \(Bob\)\.\n$/
      )
      expect(lines(yield* run("agents list --json")).map((line) => json(line)["name"])).toEqual(["Bob", "Ada"])
      expect(lines(yield* run("agents list --json --order asc --limit 1")).map((line) => json(line)["name"])).toEqual([
        "Ada"
      ])
      expect(lines(yield* run("agents list --json --filter '{\"a\":1}'"))).toHaveLength(1)
      expect(json(yield* run("agents get Ada --json"))["id"]).toBe(created["id"])
      expect(yield* run(`agents get ${String(created["id"]).toUpperCase()}`)).toMatch(/^about: +Tea$/m)
      yield* run("agents update Ada --about Water")
      expect(json(yield* run("agents get Ada --json"))).toMatchObject({ about: "Water", metadata: { a: 1 } })
      yield* run("agents update Ada --replace --name Ada --about Milk")
      expect(json(yield* run("agents get Ada --json"))).toMatchObject({ about: "Milk", metadata: {}, instructions: [] })
      expect(lines(yield* run("agents delete Ada Bob --yes --json")).map(json)).toMatchObject([
        { id: created["id"], deleted: true },
        { deleted: true }
      ])
      expect(yield* run("agents list --json")).toBe("")
    })
  )

  it.effect("create sessions, show and clear their history", () =>
    Effect.gen(function* () {
      const run = on("sessions.db")
      yield* run("agents create --name Ada")
      yield* run("users create --name Sam --about 'Drinks tea.'")
      expect(yield* run("users create --name Kim")).toMatch(/^Created user [0-9a-f-]{36} \(Kim\)\.\n$/)
      expect(json(yield* run("users get Sam --json"))["about"]).toBe("Drinks tea.")
      const { id } = json(yield* run("sessions create --agent Ada --user Sam --situation Tea --json"))
      yield* run("sessions create --agent Ada")
      expect(lines(yield* run("sessions list --json --user Sam"))).toHaveLength(1)
      expect(lines(yield* run("sessions list --json --agent Ada"))).toHaveLength(2)
      yield* run(`sessions update ${id} --situation Coffee`)
      expect(yield* run(`sessions get ${id}`)).toMatch(/^situation: +Coffee$/m)
      expect(yield* run(`sessions history ${id}`)).toBe("")
      expect(json(yield* run(`sessions clear ${id} --json`))).toEqual({ id, cleared: true })
      yield* run("users delete Sam")
      expect(lines(yield* run("sessions list --json"))).toHaveLength(1)
    })
  )

  it.effect("ensure an agent by a key, and list what is suggested", () =>
    Effect.gen(function* () {
      const run = on("ensured.db")
      const docs = '{"docs":[{"title":"Tea","content":"Four minutes."}]}'
      const first = json(yield* run(`agents ensure support --name Ada --about Tea --data '${docs}' --json`))
      expect(first).toMatchObject({ name: "Ada", outcome: "created" })
      expect(yield* run("agents ensure support --name Ada")).toBe(`The agent support is ${first["id"]} (unchanged).\n`)
      yield* run("agents ensure support --name Eve")
      expect(json(yield* run("agents get support --json"))).toMatchObject({ name: "Eve", about: "Tea" })
      const { id } = json(yield* run("sessions create --agent support --json"))
      expect(yield* run(`sessions suggestions ${id} --all --json`)).toBe("")
    })
  )

  it.effect("add memories and tools, and list docs", () =>
    Effect.gen(function* () {
      const run = on("others.db")
      const data = '{"name":"Ada","docs":[{"title":"Tea","content":["Four","minutes."]}]}'
      const agent = json(yield* run("agents create --json --data -", { input: data }))
      yield* run("users create --name Sam")

      const doc = json(yield* run("docs list --agent Ada --json"))
      expect(yield* run(`docs get ${doc["id"]} --agent Ada`)).toMatch(/^content:\n {2}Four\n {2}minutes\.$/m)
      const [job] = agent["jobs"] as ReadonlyArray<string>
      expect(yield* run(`jobs watch ${job}`)).toMatch(/: succeeded\n$/)
      expect(json(yield* run(`jobs get ${job} --json`))["state"]).toBe("succeeded")
      yield* run(`docs delete ${doc["id"]} --agent Ada`)
      expect(yield* run("docs list --agent Ada --json")).toBe("")

      const time = "2026-01-31T12:00:00.000Z"
      const memory = json(
        yield* run(`memories create --agent Ada --user Sam --content 'Sam drinks tea.' --json --data -`, {
          input: JSON.stringify({ timestamp: time })
        })
      )
      expect(memory["timestamp"]).toBe(time)
      expect(lines(yield* run("memories list --agent Ada --user Sam --json"))).toHaveLength(1)
      expect(lines(yield* run("memories list --agent Ada --query tea --json"))).toHaveLength(1)
      yield* run(`memories delete ${memory["id"]} --agent Ada`)
      expect(yield* run("memories list --agent Ada --json")).toBe("")

      const schema = '{"type":"object","properties":{}}'
      const tool = json(yield* run(`tools create --agent Ada --name lookup --parameters '${schema}' --json`))
      yield* run(`tools update ${tool["id"]} --agent Ada --description 'Looks up.'`)
      expect(json(yield* run("tools list --agent Ada --json"))).toMatchObject({
        function: { name: "lookup", description: "Looks up." }
      })
      const whole = JSON.stringify({ type: "function", function: { name: "other", parameters: { type: "object" } } })
      yield* run(`tools update ${tool["id"]} --agent Ada --replace --data '${whole}'`)
      yield* run(`tools create --agent Ada --data '${whole}' --name third`)
      expect(yield* run("tools list --agent Ada")).toMatch(/third\n.* {2}other\n$/)
      yield* run(`tools delete ${tool["id"]} --agent Ada`)
      expect(lines(yield* run("tools list --agent Ada --json"))).toHaveLength(1)
    })
  )

  it.effect("act for a developer", () =>
    Effect.gen(function* () {
      const run = on("developers.db")
      const developer = "--developer 8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10"
      yield* run(`agents create --name Ada ${developer}`)
      expect(yield* run("agents list --json")).toBe("")
      expect(lines(yield* run(`agents list --json ${developer}`))).toHaveLength(1)
    })
  )
})

describe("a list", () => {
  it.effect("for people says that there are more, and fits the terminal", () =>
    Effect.gen(function* () {
      const store = path.join(folder, "lists.db")
      const run = on("lists.db")
      yield* run(`agents create --name ${"Long".repeat(20)} --about ${"words".repeat(20)}`)
      yield* run("agents create --name 茶茶茶 --about \u001b[31mred\u001b[0m")
      const limited = yield* cli(`agents list --limit 1 --db ${store}`)
      expect(limited.out.trimEnd().split("\n")).toHaveLength(2)
      expect(limited.err).toBe(
        "There are more: these are the first 1. List them with --all, or with a larger --limit.\n"
      )
      const { err, out } = yield* cli(`agents list --all --db ${store}`, { columns: 110 })
      expect(err).toBe("")
      expect(out).not.toContain("\u001b")
      const [header, wide, long] = out.split("\n")
      expect(header).toMatch(/^ID {36}NAME +ABOUT +MODEL +CREATED$/)
      expect(long).toHaveLength(110)
      // Three signs that are two columns wide.
      expect(wide).toHaveLength(110 - 3)
      expect(long).toContain("…")
    })
  )

  it.effect("that is empty is not an error", () =>
    Effect.gen(function* () {
      const store = path.join(folder, "empty.db")
      yield* on("empty.db")("agents create --name Ada")
      expect(yield* cli(`users list --db ${store}`)).toEqual({ code: 0, out: "", err: "There are none.\n" })
      expect(yield* cli(`users list --json --db ${store}`)).toEqual({ code: 0, out: "", err: "" })
    })
  )
})
