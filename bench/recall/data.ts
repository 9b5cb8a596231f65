/** The collections in `../shared/data`, beside the repository. A checkout may lack them. */
import * as fs from "node:fs"

const folder = new URL("../../../shared/data/", import.meta.url)

/** A collection of abstracts, questions about them, and how well each abstract answers (4 best .. 1). */
export interface Cranfield {
  readonly docs: ReadonlyArray<{ readonly id: string; readonly title: string; readonly body: string }>
  readonly queries: ReadonlyArray<{ readonly id: string; readonly text: string }>
  readonly qrels: ReadonlyArray<{ readonly query_id: string; readonly doc_id: string; readonly grade: number }>
}

/** A long conversation of two people, and questions with the turns that answer them. */
export interface Conversation {
  readonly id: string
  readonly speakers: readonly [string, string]
  readonly turns: ReadonlyArray<{
    readonly id: string
    readonly session: number
    readonly speaker: string
    readonly text: string
    readonly image_caption?: string
  }>
  readonly questions: ReadonlyArray<{ readonly question: string; readonly evidence: ReadonlyArray<string> }>
}

const read = (name: string) => JSON.parse(fs.readFileSync(new URL(name, folder), "utf8"))
const isThere = (name: string): boolean => fs.existsSync(new URL(name, folder))

/** The collection; `undefined` where it is missing. */
export const cranfield = (): Cranfield | undefined =>
  isThere("cranfield/docs.json")
    ? {
        docs: read("cranfield/docs.json"),
        queries: read("cranfield/queries.json"),
        qrels: read("cranfield/qrels.json")
      }
    : undefined

/** The conversations; none where they are missing. */
export const locomo = (): ReadonlyArray<Conversation> =>
  isThere("locomo")
    ? fs
        .readdirSync(new URL("locomo/", folder))
        .filter((name) => name.endsWith(".json"))
        .sort()
        .map((name) => read(`locomo/${name}`))
    : []

/** The text of a turn, with the caption of its photo. */
export const said = ({ image_caption, text }: Conversation["turns"][number]): string =>
  image_caption === undefined ? text : `${text}\n(${image_caption})`
