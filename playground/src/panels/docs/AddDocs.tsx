/** Files become docs of an owner: dropped on the panel, or chosen by a button. */
import { useAtomSet } from "@effect-atom/atom-react"
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import type { JobId } from "effect-julep"
import { type DragEvent, type ReactNode, useRef, useState } from "react"
import { sentenceOf } from "../../components/Failure.js"
import { JobState } from "../jobs/JobState.js"
import { addFile, type Owner } from "./docs.js"
import { ACCEPTED } from "./readFile.js"

/** What became of a file. */
interface Added {
  readonly name: string
  readonly problem?: string | undefined
  readonly jobs: ReadonlyArray<JobId>
}

const isOfFiles = ({ dataTransfer }: DragEvent): boolean => dataTransfer.types.includes("Files")

export const AddDocs = ({ children, owner }: { readonly owner: Owner; readonly children: ReactNode }) => {
  const button = useRef<HTMLInputElement>(null)
  const addFileOf = useAtomSet(addFile, { mode: "promiseExit" })
  const [isOver, setOver] = useState(false)
  const [added, setAdded] = useState<ReadonlyArray<Added>>([])

  const addOne = async (file: File): Promise<Added> => {
    const added = await addFileOf({ owner, file })
    return Exit.isSuccess(added)
      ? { name: file.name, jobs: added.value }
      : { name: file.name, jobs: [], problem: sentenceOf(Cause.squash(added.cause)) }
  }
  const add = async (files: FileList | null) => {
    setAdded([])
    // One after the other, so that the newest doc is that of the last file.
    for (const file of Array.from(files ?? [])) {
      const one = await addOne(file)
      setAdded((before) => [...before, one])
    }
  }
  const drop = (event: DragEvent) => {
    if (!isOfFiles(event)) return
    event.preventDefault()
    setOver(false)
    void add(event.dataTransfer.files)
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
            void add(target.files).then(() => {
              // The same file may be chosen again.
              target.value = ""
            })
          }}
        />
      </div>
      {added.length === 0 ? null : (
        <ul className="added" aria-label="Added files" aria-live="polite">
          {added.map(({ jobs, name, problem }, index) => (
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
