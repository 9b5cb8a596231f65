import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli } from "../support/cli.js"

/** A server that is not asked: what is wrong is found before. */
const nowhere = { JULEP_API_URL: "http://127.0.0.1:9", JULEP_API_KEY: "k" }

describe("a command line", () => {
  it.effect("without words, or with --help, shows the commands", () =>
    Effect.gen(function* () {
      const bare = yield* cli("")
      expect(bare.code).toBe(0)
      expect(bare.out).toContain("effect-julep <command> [options]")
      expect(yield* cli("--help")).toEqual(bare)
      expect(yield* cli("help")).toEqual(bare)
      expect(yield* cli("help agents list")).toEqual(yield* cli("agents list --help"))
    })
  )

  it.effect("shows the commands of a group", () =>
    Effect.gen(function* () {
      const { code, out } = yield* cli("agents")
      expect(code).toBe(0)
      expect(out).toMatch(/^ {2}list {4}Lists agents, the newest first$/m)
    })
  )

  it.effect.each([
    ["agnts list", 'There is no command "agnts". Did you mean `agents`?'],
    ["agents lst", 'There is no command "agents lst". Did you mean `list`?'],
    ["toString", 'There is no command "toString".'],
    ["agents constructor", 'There is no command "agents constructor".'],
    ["--json agents list", "Options follow their command, so --json cannot come first."],
    ["agents --json list", "Options follow their command, so --json cannot come first."],
    ["agents list --jsn", "There is no option --jsn. Did you mean `--json`?"],
    ["agents list --limt=3", "There is no option --limt. Did you mean `--limit`?"],
    ["agents get --jsn Ada", "There is no option --jsn."],
    ["agents list extra", "Received unknown argument: 'extra'. See --help."],
    ["agents get", "Missing argument <id-or-name>. See --help."],
    [
      "sessions delete 8f9a3c52-1f0e-4b7d-9c61-2d5e8a7b4c10 0b6d4e1a-7c35-4f8e-a2d9-5e1c3b9f8a70",
      "Delete 2 sessions? The input is not a terminal: give --yes."
    ],
    ["agents list --limit many", "'many' is not an integer. See --help."],
    ["agents list --limit 0", "--limit must be a whole number from 1. See --help."],
    [
      "sessions get 12",
      'The id of a session must be a UUID, not "12": `effect-julep sessions list` shows all. See --help.'
    ],
    ["jobs get 12", 'The id of a job must be a UUID, not "12". See --help.'],
    ["agents list --developer", "--developer needs a value. See --help."],
    ["keys create", "Missing option --name. See --help."],
    ["help agnts", 'There is no command "agnts". Did you mean `agents`?'],
    ["docs list", "Give either --agent or --user: docs belong to one of them."],
    ["agents create --data {", "--data is not JSON."],
    ["agents create --data []", "--data must be a JSON object"],
    ["agents create --data @/nowhere.json", '--data names the file "/nowhere.json", which cannot be read (ENOENT).'],
    ["agents create --nam Ada", "There is no option --nam. Did you mean `--name`?"]
  ] as const)("%s is wrong use", ([line, message]) =>
    Effect.gen(function* () {
      const { code, err, out } = yield* cli(line, { env: nowhere })
      expect({ code, out }).toEqual({ code: 2, out: "" })
      expect(err).toContain(message)
      expect(err.trimEnd().split("\n")).toHaveLength(1)
    })
  )
})
