/** Where a message is written: Enter sends, Shift+Enter begins a line, Escape stops the reply. */
import { useAtom, useAtomValue } from "@effect-atom/atom-react"
import type { Content, SessionId } from "effect-julep"
import { type ClipboardEvent, type KeyboardEvent, useEffect, useRef, useState } from "react"
import { contentOf, draft, emptyDraft } from "../state/draft.js"
import { createdSession } from "../state/sessions.js"
import { allSettings } from "../state/settings.js"
import { IconButton } from "./icons.js"
import { SettingsPanel } from "./SettingsPanel.js"

const readImage = (file: File) =>
  new Promise<{ readonly name: string; readonly url: string }>((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve({ name: file.name || "pasted image", url: String(reader.result) })
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(file)
  })

const isImage = ({ type }: File): boolean => type.startsWith("image/")

export interface ComposerProps {
  readonly session: SessionId
  readonly isRunning: boolean
  readonly onSend: (content: Content) => void
  readonly onStop: () => void
}

export const Composer = ({ isRunning, onSend, onStop, session }: ComposerProps) => {
  const [written, setDraft] = useAtom(draft(session))
  const [isOpen, setIsOpen] = useState(false)
  const [problem, setProblem] = useState<string>()
  const changed = Object.keys(useAtomValue(allSettings)).length
  const picker = useRef<HTMLInputElement>(null)
  const field = useRef<HTMLTextAreaElement>(null)
  const isCreated = useAtomValue(createdSession) === session
  const content = contentOf(written)

  useEffect(() => {
    if (isCreated) field.current?.focus()
  }, [isCreated])

  const send = () => {
    if (content === undefined || isRunning) return
    setDraft(emptyDraft)
    onSend(content)
  }
  const attach = (files: ReadonlyArray<File>) => {
    const images = files.filter(isImage)
    setProblem(
      images.length === files.length ? undefined : "Only images can be attached. Other files are docs of an agent."
    )
    void Promise.all(images.map(readImage)).then(
      (read) => setDraft((current) => ({ ...current, images: [...current.images, ...read] })),
      () => setProblem("The image cannot be read.")
    )
  }
  const onKeyDown = (event: KeyboardEvent) => {
    // While a character is composed, Enter ends that alone.
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault()
      send()
    }
  }
  const onPaste = ({ clipboardData }: ClipboardEvent) => {
    const files = [...clipboardData.files]
    if (files.length > 0) attach(files)
  }
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault()
        send()
      }}
    >
      {isOpen ? <SettingsPanel /> : null}
      {written.images.length === 0 ? null : (
        <ul className="attachments">
          {written.images.map(({ name, url }, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: an image may be attached twice
            <li key={index}>
              <img src={url} alt={name} />
              <IconButton
                icon="close"
                label={`Remove ${name}`}
                onClick={() => setDraft({ ...written, images: written.images.toSpliced(index, 1) })}
              />
            </li>
          ))}
        </ul>
      )}
      {problem === undefined ? null : (
        <p className="failure" role="alert">
          {problem}
        </p>
      )}
      <textarea
        ref={field}
        aria-label="Message"
        placeholder="Message"
        rows={3}
        value={written.text}
        onChange={({ target }) => setDraft({ ...written, text: target.value })}
        onKeyDown={onKeyDown}
        onPaste={onPaste}
      />
      <div className="composer-bar">
        <input
          ref={picker}
          type="file"
          accept="image/*"
          multiple
          hidden
          onChange={({ target }) => {
            attach([...(target.files ?? [])])
            target.value = ""
          }}
        />
        <IconButton icon="attach" label="Attach an image" onClick={() => picker.current?.click()} />
        <button type="button" className="plain" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          Settings{changed === 0 ? "" : ` (${changed})`}
        </button>
        <span className="hint keys">Enter sends, Shift+Enter begins a line, Escape stops</span>
        {isRunning ? (
          <button type="button" onClick={onStop}>
            Stop
          </button>
        ) : (
          <button type="submit" className="primary" disabled={content === undefined}>
            Send
          </button>
        )}
      </div>
    </form>
  )
}
