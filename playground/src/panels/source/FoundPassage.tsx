/** A passage that a search found, with its doc and its score. */
import type { Selection } from "../../state/selection.js"
import { Clamped } from "../parts/Clamped.js"
import { SourceLink } from "./SourceLink.js"

interface FoundPassageProps {
  readonly passage: {
    readonly doc_id: string
    readonly title: string
    readonly content: string
    readonly score: number
  }
  readonly selection: Selection
}

export const FoundPassage = ({ passage: { content, doc_id, score, title }, selection }: FoundPassageProps) => (
  <li className="part">
    <div className="part-head">
      <SourceLink source={{ kind: "doc", id: doc_id, text: content }} selection={selection} title={title} />
      <span className="numbers">score {score.toFixed(2)}</span>
    </div>
    <Clamped text={content} of={title} />
  </li>
)
