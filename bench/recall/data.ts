/**
 * Collections that measure recall. They are in `../shared/data`, beside the repository, and in the folders that the
 * variable RECALL_DATA names, with `:` between them. A checkout may lack them.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

/** Docs, questions about them, and how well each doc answers (4 best .. 1). */
export interface Collection {
  readonly name: string
  readonly docs: ReadonlyArray<{ readonly id: string; readonly title: string; readonly body: string }>
  readonly queries: ReadonlyArray<{ readonly id: string; readonly text: string }>
  readonly qrels: ReadonlyArray<{ readonly query_id: string; readonly doc_id: string; readonly grade: number }>
}

/** A turn of a conversation. */
export interface Turn {
  readonly id: string
  readonly session: number
  /** When its session began, such as "1:56 pm on 8 May, 2023". */
  readonly at: string
  readonly speaker: string
  readonly text: string
  readonly image_caption?: string
}

/** A long conversation of two people, and questions with the turns that answer them. */
export interface Conversation {
  readonly id: string
  readonly speakers: readonly [string, string]
  readonly turns: ReadonlyArray<Turn>
  readonly questions: ReadonlyArray<{
    readonly question: string
    readonly evidence: ReadonlyArray<string>
    readonly category: number
  }>
}

/** The categories of LoCoMo's questions, by their numbers. */
export const CATEGORIES: Readonly<Record<number, string>> = {
  1: "multi-hop",
  2: "temporal",
  3: "open-domain",
  4: "single-hop",
  5: "adversarial"
}

/** The collections that constants of recall were chosen on. All others are held out. */
export const CHOSEN_ON: ReadonlyArray<string> = ["cranfield", "cf", "cacm", "wikiqa", "conv-26", "conv-30", "conv-41"]

/** A name, with a star if constants were chosen on what it names. */
export const starred = (name: string): string => (CHOSEN_ON.includes(name) ? `${name}*` : name)

const folders = [
  fileURLToPath(new URL("../../../shared/data", import.meta.url)),
  ...(process.env["RECALL_DATA"] ?? "").split(path.delimiter).filter((folder) => folder !== "")
].filter((folder) => fs.existsSync(folder))

const read = (...names: ReadonlyArray<string>) => JSON.parse(fs.readFileSync(path.join(...names), "utf8"))

/** The names of the collections that are present, with their folders. */
export const collections: ReadonlyArray<{ readonly name: string; readonly folder: string }> = folders.flatMap(
  (parent) =>
    fs
      .readdirSync(parent)
      .sort()
      .map((name) => ({ name, folder: path.join(parent, name) }))
      .filter(({ folder }) =>
        ["docs.json", "queries.json", "qrels.json"].every((file) => fs.existsSync(path.join(folder, file)))
      )
)

/** Reads a collection. */
export const collectionIn = ({ folder, name }: (typeof collections)[number]): Collection => ({
  name,
  docs: read(folder, "docs.json"),
  queries: read(folder, "queries.json"),
  qrels: read(folder, "qrels.json")
})

/** The conversations that are present, in one list for each folder. */
export const conversations = (): ReadonlyArray<ReadonlyArray<Conversation>> =>
  folders
    .map((parent) => path.join(parent, "locomo"))
    .filter((folder) => fs.existsSync(folder))
    .map((folder) =>
      fs
        .readdirSync(folder)
        .filter((name) => name.endsWith(".json"))
        .sort()
        .map((name): Conversation => read(folder, name))
    )
    .filter(({ length }) => length > 0)

/** The text of a turn, with the caption of its photo. */
export const said = ({ image_caption, text }: Turn): string =>
  image_caption === undefined ? text : `${text}\n(${image_caption})`

const MONTHS = "january february march april may june july august september october november december".split(" ")

/** The time of a turn, in milliseconds since 1970, of what its conversation calls "1:56 pm on 8 May, 2023". */
export const timeOf = ({ at }: Pick<Turn, "at">): number => {
  const [, hour, minute, half, day, month, year] =
    /^(\d+):(\d+) (am|pm) on (\d+) (\w+), (\d+)$/.exec(at.trim().toLowerCase()) ?? []
  const number = MONTHS.indexOf(month ?? "")
  if (number < 0)
    throw new Error(`A turn's "at" must be such as "1:56 pm on 8 May, 2023", and is ${JSON.stringify(at)}.`)
  return Date.UTC(Number(year), number, Number(day), (Number(hour) % 12) + (half === "pm" ? 12 : 0), Number(minute))
}
