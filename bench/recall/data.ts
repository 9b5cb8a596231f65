/** The collections in `../shared/data`, which are beside the repository where they are there at all. */
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

/** `undefined` where the collection is not beside the repository. */
export const cranfield = (): Cranfield | undefined =>
  isThere("cranfield/docs.json")
    ? {
        docs: read("cranfield/docs.json"),
        queries: read("cranfield/queries.json"),
        qrels: read("cranfield/qrels.json")
      }
    : undefined

/** As many of the conversations as are beside the repository. */
export const locomo = (): ReadonlyArray<Conversation> =>
  isThere("locomo")
    ? fs
        .readdirSync(new URL("locomo/", folder))
        .filter((name) => name.endsWith(".json"))
        .sort()
        .map((name) => read(`locomo/${name}`))
    : []

/** What a turn says, the photo that was shown with it included. */
export const said = ({ image_caption, text }: Conversation["turns"][number]): string =>
  image_caption === undefined ? text : `${text}\n(${image_caption})`
