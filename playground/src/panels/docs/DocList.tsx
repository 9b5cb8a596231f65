/** The docs of an owner, the newest first. */
import { useAtom, useAtomRefresh } from "@effect-atom/atom-react"
import type { Selection } from "../../state/selection.js"
import { counted } from "../parts/counted.js"
import { DeleteButton } from "../parts/DeleteButton.js"
import { Pages } from "../parts/Pages.js"
import { Time } from "../parts/Time.js"
import { SourceLink } from "../source/SourceLink.js"
import { deleteDoc, docsOf, type Owner, PAGE } from "./docs.js"

const sizeOf = (content: string | ReadonlyArray<string>): number =>
  typeof content === "string" ? content.length : content.reduce((sum, { length }) => sum + length, 0)

export const DocList = ({ owner, selection }: { readonly owner: Owner; readonly selection: Selection }) => {
  const list = docsOf(owner)
  const [result, more] = useAtom(list)
  const refresh = useAtomRefresh(list)
  return (
    <Pages
      label="Docs"
      page={PAGE}
      result={result}
      onMore={more}
      retry={refresh}
      empty="No docs. A chat recalls passages of those that you add."
    >
      {({ content, created_at, id, key, title }) => (
        <li key={id} className="part">
          <div className="part-head">
            <SourceLink source={{ kind: "doc", id }} selection={selection} title={title || "(no title)"} />
            <span className="end">
              <DeleteButton
                what={`the doc "${title}"`}
                consequence="Chats no longer recall it."
                id={{ owner, doc_id: id }}
                remove={deleteDoc}
              />
            </span>
          </div>
          <p className="hint">
            {counted(sizeOf(content), "character")} · <Time at={created_at} />
            {key == null ? null : (
              <>
                {" · "}
                <code>{key}</code>
              </>
            )}
          </p>
        </li>
      )}
    </Pages>
  )
}
