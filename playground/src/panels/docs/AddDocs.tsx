/** Files become docs of an owner: dropped on the panel, or chosen by a button. */
import { useAtomSet, useAtomValue } from "@effect-atom/atom-react"
import { type DragEvent, type ReactNode, useRef, useState } from "react"
import { JobState } from "../jobs/JobState.js"
import { added, addFiles, type Owner } from "./docs.js"
import { ACCEPTED } from "./readFile.js"

const isOfFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes("Files")

export const AddDocs = ({ children, owner }: { readonly owner: Owner; readonly children: ReactNode }) => {
  const button = useRef<HTMLInputElement>(null)
  const add = useAtomSet(addFiles(owner))
  const files = useAtomValue(added(owner))
  const [isOver, setOver] = useState(false)

  const drop = (event: DragEvent) => {
    if (!isOfFiles(event)) return
    event.preventDefault()
    setOver(false)
    add([...event.dataTransfer.files])
  }
  const over = (event: DragEvent) => {
    if (!isOfFiles(event)) return
    event.preventDefault()
    setOver(true)
  }
  return (
    // Dropping is the same as the button below, which the keyboard reaches.
    // biome-ignore lint/a11y/noStaticElementInteractions: see above
    <div
      className={isOver ? "drop is-over" : "drop"}
      data-testid="drop"
      onDragOver={over}
      onDragLeave={() => setOver(false)}
      onDrop={drop}
    >
      <div className="toolbar">
        <button type="button" onClick={() => button.current?.click()}>
          Add files
        </button>
        <span className="hint">or drop them here: text, Markdown or HTML</span>
        <input
          ref={button}
          type="file"
          multiple
          hidden
          accept={ACCEPTED}
          onChange={({ target }) => {
            add([...(target.files ?? [])])
            // The same file may be chosen again.
            target.value = ""
          }}
        />
      </div>
      {files.length === 0 ? null : (
        <ul className="added" aria-label="Added files" aria-live="polite">
          {files.map(({ jobs, name, problem }, index) => (
            // Two files may have one name.
            // biome-ignore lint/suspicious/noArrayIndexKey: see above
            <li key={index}>
              {problem === undefined ? (
                <>
                  {name} <JobState jobs={jobs} done="indexed" />
                </>
              ) : (
                <span className="failure">{problem}</span>
              )}
            </li>
          ))}
        </ul>
      )}
      {children}
    </div>
  )
}
