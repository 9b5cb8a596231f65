/** The files that paths name: those of a folder are found in it and in its folders. */
import * as fs from "node:fs/promises"
import * as path from "node:path"
import * as Effect from "effect/Effect"

/** A file, and the key of its doc: its path from the working directory. */
export interface DocFile {
  readonly key: string
  readonly file: string
  /** Whether the command line names it, rather than a folder around it. */
  readonly isNamed: boolean
}

/** A file that makes no doc, and why. */
export interface OmittedFile {
  readonly path: string
  readonly reason: string
}

export interface Files {
  readonly files: ReadonlyArray<DocFile>
  readonly skipped: ReadonlyArray<OmittedFile>
  readonly failed: ReadonlyArray<OmittedFile>
}

/** What went wrong with a file, in a few words. */
export const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && "code" in error ? error.code : undefined
  if (code === "ENOENT") return "there is no such file"
  if (code === "EACCES" || code === "EPERM") return "it may not be read"
  return error instanceof Error ? error.message : String(error)
}

/** With `/` on every system, so that a key is the same on all of them. */
const keyOf = (file: string): string => path.relative(process.cwd(), file).split(path.sep).join("/")

const inOrder = (a: { readonly name: string }, b: { readonly name: string }) => (a.name < b.name ? -1 : 1)

const findAll = async (paths: ReadonlyArray<string>): Promise<Files> => {
  const files = new Map<string, DocFile>()
  const skipped: Array<OmittedFile> = []
  const failed: Array<OmittedFile> = []

  const add = (file: string, isNamed: boolean) => {
    const key = keyOf(file)
    if (!files.has(key)) files.set(key, { key, file, isNamed })
  }

  const walk = async (folder: string): Promise<void> => {
    for (const entry of (await fs.readdir(folder, { withFileTypes: true })).sort(inOrder)) {
      const file = path.join(folder, entry.name)
      const skip = (reason: string) => skipped.push({ path: keyOf(file), reason })
      try {
        // A link to a folder may lead back to where it is.
        const isFile = entry.isFile() || (entry.isSymbolicLink() && (await fs.stat(file)).isFile())
        if (entry.name.startsWith(".")) skip("hidden")
        else if (entry.name === "node_modules") skip("packages")
        else if (entry.isDirectory()) await walk(file)
        else if (isFile) add(file, false)
        else skip(entry.isSymbolicLink() ? "a link to a folder" : "not a regular file")
      } catch (error) {
        failed.push({ path: keyOf(file), reason: reasonOf(error) })
      }
    }
  }

  for (const given of paths) {
    const file = path.resolve(given)
    try {
      const found = await fs.stat(file)
      if (found.isDirectory()) await walk(file)
      else if (found.isFile()) add(file, true)
      else failed.push({ path: given, reason: "it is neither a file nor a folder" })
    } catch (error) {
      failed.push({ path: given, reason: reasonOf(error) })
    }
  }
  return { files: [...files.values()], skipped, failed }
}

/** Finds the files of paths. */
export const find = (paths: ReadonlyArray<string>): Effect.Effect<Files> => Effect.promise(() => findAll(paths))
