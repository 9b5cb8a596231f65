/** A prompt, taken apart. */
import { Result, useAtomValue } from "@effect-atom/atom-react"
import type { ExplainedPrompt } from "effect-julep"
import { useState } from "react"
import type { Selection } from "../../state/selection.js"
import { docTitles } from "../docs/docs.js"
import { CopyButton } from "../parts/CopyButton.js"
import { counted } from "../parts/counted.js"
import { LeftOut } from "./LeftOut.js"
import { PartItem } from "./PartItem.js"
import { WindowBar } from "./WindowBar.js"

export interface ExplainedProps {
  readonly prompt: ExplainedPrompt
  readonly selection: Selection
}

export const Explained = ({ prompt, selection }: ExplainedProps) => {
  const [find, setFind] = useState("")
  const titles = useAtomValue(docTitles(selection))
  const { parts } = prompt
  const total = parts.reduce((sum, { tokens }) => sum + tokens, 0)
  const wanted = find.trim().toLowerCase()
  const shown = parts.filter(({ text }) => text.toLowerCase().includes(wanted))
  return (
    <>
      <WindowBar prompt={prompt} />
      <div className="toolbar">
        <input
          type="search"
          aria-label="Find in the prompt"
          placeholder="Find in the prompt"
          value={find}
          onChange={({ target }) => setFind(target.value)}
        />
        <span role="status" className="hint">
          {wanted === "" ? counted(parts.length, "part") : `${shown.length} of ${counted(parts.length, "part")}`}
        </span>
        <CopyButton label="Copy as JSON" text={() => JSON.stringify(prompt, null, 2)} />
      </div>
      <ol className="parts" aria-label="Parts of the prompt, in their order">
        {shown.map((part) => (
          <PartItem
            key={parts.indexOf(part)}
            part={part}
            total={total}
            find={find}
            titles={Result.getOrElse(titles, () => new Map<string, string>())}
            selection={selection}
          />
        ))}
      </ol>
      <LeftOut prompt={prompt} selection={selection} />
    </>
  )
}
