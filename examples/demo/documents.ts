/** Finds and reads the user's documents. */
import { type Dirent, promises as fs } from "node:fs"
import { basename, dirname, extname, join, relative, sep } from "node:path"

/** A document with its title in the output. */
export interface Document {
  readonly title: string
  readonly text: string
  readonly bytes: number
}

/** The documents, the skipped files with reasons, and the paths that cannot be used. */
export interface Found {
  readonly documents: ReadonlyArray<Document>
  readonly skipped: ReadonlyArray<string>
  readonly wrong: ReadonlyArray<string>
}

const kinds = new Set([".md", ".mdx", ".markdown", ".txt", ".rst"])
const LARGEST = 2_000_000

/** The path relative to the working folder or to its package; of another file the last two parts. */
const titleOf = (file: string): string => {
  const short = relative(process.cwd(), file).split(sep)
  const packageAt = short.lastIndexOf("node_modules")
  if (packageAt !== -1) return short.slice(packageAt + 1).join("/")
  return short[0] === ".."
    ? join(basename(dirname(file)), basename(file))
        .split(sep)
        .join("/")
    : short.join("/")
}

const filesIn = async (folder: string): Promise<ReadonlyArray<string>> => {
  const files: Array<string> = []
  const visit = async (at: string): Promise<void> => {
    const entries: Array<Dirent> = await fs.readdir(at, { withFileTypes: true })
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      if (entry.name.startsWith(".") || entry.name === "node_modules") continue
      const path = join(at, entry.name)
      // Links to folders are not followed, because they may form a cycle.
      if (entry.isDirectory()) await visit(path)
      else if (kinds.has(extname(entry.name).toLowerCase())) files.push(path)
    }
  }
  await visit(folder)
  return files
}

const decoder = new TextDecoder("utf-8", { fatal: true })

const read = async (file: string): Promise<Document | string> => {
  const stat = await fs.stat(file)
  if (!stat.isFile()) return "not a file"
  if (stat.size > LARGEST) return `${(stat.size / 1e6).toFixed(1)} MB, more than ${LARGEST / 1e6} MB`
  const bytes = await fs.readFile(file)
  if (bytes.includes(0)) return "not text"
  try {
    const text = decoder.decode(bytes)
    return text.trim() === "" ? "empty" : { title: titleOf(file), text, bytes: bytes.length }
  } catch {
    return "not UTF-8 text"
  }
}

const because = (cause: unknown): string => {
  const code = cause instanceof Error && "code" in cause ? cause.code : undefined
  if (code === "ENOENT" || code === "ENOTDIR") return "there is no such file or folder"
  if (code === "EACCES" || code === "EPERM") return "permission denied"
  return cause instanceof Error ? cause.message : String(cause)
}

/** Reads the named files, and every Markdown and text file in the named folders. */
export const findDocuments = async (paths: ReadonlyArray<string>): Promise<Found> => {
  const files = new Map<string, string>()
  const wrong: Array<string> = []
  for (const path of paths) {
    try {
      const real = await fs.realpath(path)
      const found = (await fs.stat(real)).isDirectory() ? await filesIn(real) : [real]
      for (const file of found) files.set(file, file)
      if (found.length === 0) wrong.push(`${path}: no ${[...kinds].join(", ")} file in this folder`)
    } catch (cause) {
      wrong.push(`${path}: ${because(cause)}`)
    }
  }
  const documents: Array<Document> = []
  const skipped: Array<string> = []
  for (const file of files.keys()) {
    const document = await read(file).catch(because)
    if (typeof document === "string") skipped.push(`${titleOf(file)}: ${document}`)
    else documents.push(document)
  }
  return { documents, skipped, wrong }
}
