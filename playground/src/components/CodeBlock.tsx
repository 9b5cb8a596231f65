import { useCopy } from "./useCopy.js"

/** Code as it is, with a button that copies it. */
export const CodeBlock = ({ language, text }: { readonly text: string; readonly language?: string | undefined }) => {
  const [said, copy] = useCopy()
  return (
    <div className="code-block">
      <div className="code-bar">
        <span>{language ?? ""}</span>
        <span role="status" className="hint">
          {said}
        </span>
        <button type="button" className="plain" onClick={() => copy(text)}>
          Copy
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  )
}
