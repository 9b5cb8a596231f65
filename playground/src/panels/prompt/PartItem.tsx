/** A part of a prompt: what it is, where it came from, its score, what it takes, and its text. */
import type { PromptPart } from "effect-julep"
import type { Selection } from "../../state/selection.js"
import { Clamped } from "../parts/Clamped.js"
import { counted } from "../parts/counted.js"
import { Meter } from "../parts/Meter.js"
import { sourceKindOf } from "../source/Source.js"
import { SourceLink } from "../source/SourceLink.js"
import { groupOf, labelOf } from "./groups.js"

/** What the link to a source is called, where the source has no title. */
const linkOf = ({ kind, source_ids, text }: PromptPart, index: number): string => {
  const source = sourceKindOf(kind)
  if (kind === "tool") return /"name":"([^"]+)"/.exec(text)?.[1] ?? source
  if (kind === "memory") return "open"
  return source_ids.length === 1 ? source : `${source} ${index + 1}`
}

export interface PartItemProps {
  readonly part: PromptPart
  /** The tokens of all parts. */
  readonly total: number
  readonly find: string
  /** The titles of docs, by their ids. */
  readonly titles: ReadonlyMap<string, string>
  readonly selection: Selection
}

export const PartItem = ({ find, part, selection, titles, total }: PartItemProps) => {
  const { kind, score, source_ids, text, tokens } = part
  const label = labelOf(part)
  const source = sourceKindOf(kind)
  return (
    <li className="part" data-kind={kind}>
      <div className="part-head">
        <span className={`swatch ${groupOf(kind)}`} aria-hidden="true" />
        <strong>{label}</strong>
        {source_ids.map((id, index) => (
          <SourceLink
            key={id}
            source={{ kind: source, id, text }}
            selection={selection}
            title={titles.get(id) ?? linkOf(part, index)}
          />
        ))}
        <span className="numbers">
          {score == null ? null : (
            <span title="How relevant it is to the newest message">score {score.toFixed(2)}</span>
          )}
          <span>{counted(tokens, "token")}</span>
          <Meter value={tokens} of={total} />
        </span>
      </div>
      <Clamped text={text} find={find} of={label} />
    </li>
  )
}
