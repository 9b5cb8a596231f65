/** A search of an owner's docs, with the scores that a chat about the text would get. Without a text, the docs. */
import { useAtomRefresh, useAtomValue } from "@effect-atom/atom-react"
import { type FormEvent, type ReactNode, useId, useState } from "react"
import type { Selection } from "../../state/selection.js"
import { Loaded } from "../parts/Loaded.js"
import { FoundPassage } from "../source/FoundPassage.js"
import { type Owner, passagesOf, Search } from "./docs.js"

interface FoundProps {
  readonly owner: Owner
  readonly query: string
  readonly selection: Selection
}

const Found = ({ owner, query, selection }: FoundProps) => {
  const search = passagesOf(new Search({ owner, query }))
  const result = useAtomValue(search)
  const retry = useAtomRefresh(search)
  return (
    <Loaded result={result} retry={retry}>
      {(passages) =>
        passages.length === 0 ? (
          <p className="empty">
            No passage has these words. Recall finds words and their English forms: use those of the doc, or configure
            an embedder, which also finds what means the same.
          </p>
        ) : (
          <ol className="parts" aria-label="Passages, the best first">
            {passages.map((passage) => (
              <FoundPassage key={`${passage.doc_id} ${passage.index}`} passage={passage} selection={selection} />
            ))}
          </ol>
        )
      }
    </Loaded>
  )
}

export interface DocSearchProps {
  readonly owner: Owner
  readonly selection: Selection
  readonly children: ReactNode
}

export const DocSearch = ({ children, owner, selection }: DocSearchProps) => {
  const id = useId()
  const [text, setText] = useState("")
  const [query, setQuery] = useState("")
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setQuery(text.trim())
  }
  const change = (value: string) => {
    setText(value)
    if (value === "") setQuery("")
  }
  return (
    <>
      <form className="toolbar" onSubmit={submit}>
        <label className="visually-hidden" htmlFor={id}>
          Search the docs
        </label>
        <input
          id={id}
          type="search"
          placeholder="What would a chat about this recall?"
          value={text}
          onChange={({ target }) => change(target.value)}
        />
        <button type="submit">Search</button>
      </form>
      {query === "" ? children : <Found owner={owner} query={query} selection={selection} />}
    </>
  )
}
