import { useState } from "react"

/** Code as it is, with a button that copies it. */
export const CodeBlock = ({ language, text }: { readonly text: string; readonly language?: string | undefined }) => {
  const [isCopied, setIsCopied] = useState(false)
  const copy = () => {
    void navigator.clipboard.writeText(text).then(() => setIsCopied(true))
  }
  return (
    <div className="code-block">
      <div className="code-bar">
        <span>{language ?? ""}</span>
        <button type="button" className="plain" onClick={copy} onBlur={() => setIsCopied(false)}>
          {isCopied ? "Copied" : "Copy"}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
    </div>
  )
}
