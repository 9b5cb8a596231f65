/** The files that run a server in a container and under systemd. `scripts/install.mjs` runs the commands of the first. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { parse } from "yaml"

const root = path.resolve(import.meta.dirname, "..")
const read = (...names: ReadonlyArray<string>) => fs.readFileSync(path.join(root, ...names), "utf8")
const page = read("docs", "serving.md")

const quotes = { Dockerfile: "dockerfile", "compose.yaml": "yaml", "effect-julep.service": "ini" }
const unit = read("examples", "serve", "effect-julep.service")
const verifies = spawnSync("systemd-analyze", ["--version"]).error === undefined
if (!verifies) process.stderr.write("Skipped: the unit of systemd, because there is no program `systemd-analyze`\n")

describe("the files of examples/serve", () => {
  it("are quoted in the documentation as they are, each once", () => {
    expect(fs.readdirSync(path.join(root, "examples", "serve")).sort()).toEqual(Object.keys(quotes))
    for (const [file, language] of Object.entries(quotes)) {
      const quoted = [...page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "gm"))]
      expect(quoted.map(([, text]) => text)).toEqual([read("examples", "serve", file)])
    }
  })

  it("run the server as a user without rights, which writes to its folder alone", () => {
    const compose: unknown = parse(read("examples", "serve", "compose.yaml"))
    expect(compose).toMatchObject({
      services: { "effect-julep": { build: ".", read_only: true, cap_drop: ["ALL"], volumes: ["data:/data"] } },
      volumes: { data: null }
    })
    const lines = read("examples", "serve", "Dockerfile").split("\n")
    const last = (word: string) => lines.findLastIndex((line) => line.startsWith(`${word} `))
    expect(lines[last("USER")]).toBe("USER node")
    expect(last("USER")).toBeLessThan(last("CMD"))
    expect(last("RUN")).toBeLessThan(last("USER"))
  })

  it.runIf(verifies)("are a unit that systemd accepts", () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), "effect-julep-unit-"))
    try {
      const file = path.join(folder, "effect-julep.service")
      // The program must be there, and systemd warns about what it does not know.
      fs.writeFileSync(file, unit.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`))
      const { status, stderr } = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" })
      expect({ status, stderr }).toEqual({ status: 0, stderr: "" })
    } finally {
      fs.rmSync(folder, { recursive: true })
    }
  })
})
