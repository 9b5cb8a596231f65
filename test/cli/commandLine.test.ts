import { describe, expect, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { cli } from "../support/cli.js"

describe("a command line", () => {
  it.effect("without words, or with --help, shows the commands", () =>
    Effect.gen(function* () {
      const bare = yield* cli("")
      expect(bare.code).toBe(0)
      expect(bare.out).toContain("effect-julep <command> [options]")
      expect(yield* cli("--help")).toEqual(bare)
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
    ["agents list --limit many", "'many' is not a integer. See --help."],
    ["agents list --limit 0", "--limit must be a whole number from 1. See --help."]
  ] as const)("%s is wrong use", ([line, message]) =>
    Effect.gen(function* () {
      const { code, err, out } = yield* cli(line)
      expect({ code, out }).toEqual({ code: 2, out: "" })
      expect(err).toContain(message)
      expect(err.trimEnd().split("\n")).toHaveLength(1)
    })
  )
})
