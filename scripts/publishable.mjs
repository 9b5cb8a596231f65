/** Before `npm publish`: refuses a package whose links are still the placeholders of this repository. */
import { readFileSync } from "node:fs"
import { join } from "node:path"
import { fail, root, say } from "./support.mjs"

const { bugs, homepage, repository } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"))
const links = { bugs, homepage, repository: repository.url }
const placeholders = Object.entries(links).filter(([, link]) => new URL(link).hostname === "example.com")
if (placeholders.length > 0) {
  const names = placeholders.map(([name]) => name).join(", ")
  fail(`package.json has placeholders in ${names}: replace them with the public address of this repository`)
}
say(`published from ${repository.url}`)
