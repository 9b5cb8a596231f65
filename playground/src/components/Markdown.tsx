/** Markdown as React elements: HTML in it is shown as text, and images of other servers are links. */
import { lexer, type MarkedToken, type Token, type Tokens } from "marked"
import { memo, type ReactNode, useDeferredValue, useMemo } from "react"
import { CodeBlock } from "./CodeBlock.js"
import { Image } from "./Image.js"
import { SafeLink } from "./SafeLink.js"

const parser = new DOMParser()

/** A text with its character references replaced, each alone, so that nothing of the text can become an element. */
const decoded = (text: string): string =>
  text.replace(
    /&(?:#\d+|#x[\da-f]+|[a-z]\w*);/gi,
    (reference) => parser.parseFromString(reference, "text/html").documentElement.textContent ?? reference
  )

/** The page has headings of its own above those of a message. */
const HEADINGS = ["h3", "h4", "h5", "h6"] as const

const Heading = ({ depth, tokens }: Tokens.Heading) => {
  const Tag = HEADINGS[depth - 1] ?? "h6"
  return <Tag>{childrenOf(tokens)}</Tag>
}

const Cells = ({ cells, kind }: { readonly cells: ReadonlyArray<Tokens.TableCell>; readonly kind: "th" | "td" }) => {
  const Cell = kind
  return cells.map(({ align, tokens }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text has no other keys, and is replaced as a whole
    <Cell key={index} className={align === null ? undefined : `align-${align}`}>
      {childrenOf(tokens)}
    </Cell>
  ))
}

const Table = ({ header, rows }: Tokens.Table) => (
  <div className="table-scroll">
    <table>
      <thead>
        <tr>
          <Cells cells={header} kind="th" />
        </tr>
      </thead>
      <tbody>
        {rows.map((cells, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a text has no other keys, and is replaced as a whole
          <tr key={index}>
            <Cells cells={cells} kind="td" />
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)

const List = ({ items, ordered, start }: Tokens.List) => {
  const children = items.map(({ checked, task, tokens }, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text has no other keys, and is replaced as a whole
    <li key={index} className={task ? "task" : undefined}>
      {task ? <input type="checkbox" checked={checked === true} disabled aria-label="Task" /> : null}
      {childrenOf(tokens.filter(({ type }) => type !== "checkbox"))}
    </li>
  ))
  return ordered ? <ol start={start === "" ? undefined : start}>{children}</ol> : <ul>{children}</ul>
}

const elementOf = (any: Token): ReactNode => {
  // Other tokens are those of extensions, and there are none.
  const token = any as MarkedToken
  switch (token.type) {
    case "space":
    case "def":
      return null
    case "heading":
      return <Heading {...token} />
    case "paragraph":
      return <p>{childrenOf(token.tokens)}</p>
    case "code":
      return <CodeBlock text={token.text} language={token.lang} />
    case "blockquote":
      return <blockquote>{childrenOf(token.tokens)}</blockquote>
    case "list":
      return <List {...token} />
    case "table":
      return <Table {...token} />
    case "hr":
      return <hr />
    case "br":
      return <br />
    case "strong":
      return <strong>{childrenOf(token.tokens)}</strong>
    case "em":
      return <em>{childrenOf(token.tokens)}</em>
    case "del":
      return <del>{childrenOf(token.tokens)}</del>
    case "codespan":
      return <code>{token.text}</code>
    case "link":
      return <SafeLink href={decoded(token.href)}>{childrenOf(token.tokens)}</SafeLink>
    case "image":
      return <Image url={decoded(token.href)} alt={decoded(token.text)} />
    case "text":
      return token.tokens === undefined ? decoded(token.text) : childrenOf(token.tokens)
    case "escape":
      return token.text
    default:
      return token.raw
  }
}

const childrenOf = (tokens: ReadonlyArray<Token> = []): ReactNode =>
  tokens.map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a text has no other keys, and is replaced as a whole
    <Element key={index} token={token} />
  ))

const Element = ({ token }: { readonly token: Token }) => elementOf(token)

/** A block of a text. While the text grows, the blocks before the last stay as they are. */
const Block = memo(
  ({ token }: { readonly token: Token; readonly links: string }) => elementOf(token),
  (one, other) => one.token.raw === other.token.raw && one.links === other.links
)

export const Markdown = ({ text }: { readonly text: string }) => {
  // A stream brings more text than a screen shows.
  const shown = useDeferredValue(text)
  const tokens = useMemo(() => lexer(shown, { gfm: true }), [shown])
  // A definition at the end makes links of references in any block.
  const links = tokens.flatMap((token) => (token.type === "def" ? token.raw : [])).join("")
  return (
    <div className="markdown">
      {tokens.map((token, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a text has no other keys, and grows at its end
        <Block key={index} token={token} links={links} />
      ))}
    </div>
  )
}
