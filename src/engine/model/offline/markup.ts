/** Removes the noise of Markdown and HTML. Every pattern is bounded in length, so that matching takes linear time. */

const badge = /\[!\[[^[\]]{0,200}\]\([^()\s]{0,500}\)\]\([^()\s]{0,500}\)/g
const image = /!\[[^[\]]{0,300}\]\([^()]{0,600}\)/g
const tag =
  /<\/?(?:a|b|i|p|h[1-6]|em|br|hr|ul|ol|li|td|th|tr|div|img|kbd|pre|sub|sup|span|code|small|table|tbody|thead|strong|center|source|picture|details|summary|video)(?:\s[^<>]{0,600})?\/?>/gi
const anchor = /\{#[\w-]{1,80}\}/g

/** A line or paragraph without images, badges, HTML tags and stray white space. */
export const readable = (text: string): string => {
  const marked = text.includes("![") ? text.replace(badge, "").replace(image, "") : text
  const untagged = marked.includes("<") ? marked.replace(tag, " ") : marked
  return untagged.replace(anchor, "").replace(/\s+/g, " ").trim().replace(callout, "")
}

/** Whether a list item is an entry of a table of contents: a link to a heading and nothing else. */
export const isNoise = (text: string): boolean => /^\[[^[\]]{0,200}\]\(#[^()\s]{0,200}\)$/.test(text.trim())

/** The text of a paragraph of one short bold line, such as `**Example**`, which serves as a heading. */
export const plainHeading = (line: string): string | undefined => {
  const text = line.trim()
  if (!text.startsWith("**") || text.length > 80 || /[.:!?](?:\*\*)?$/.test(text)) return undefined
  const end = text.indexOf("**", 2)
  const after = end === -1 ? "x" : text.slice(end + 2).trim()
  return after === "" || /^\([^()]*\)$/.test(after) ? text.replaceAll("**", "") : undefined
}

const imports = /^\s*import\b[^'"]{0,1500}["'][^'"\n]{0,200}["'].*$|^.{0,200}\brequire\(["'][^\n]*$/gm
const callout = /^\[![A-Za-z]{1,20}\]\s*/

/** A text as it is indexed: without the targets of links and the imports of code. */
export const indexable = (text: string, isCode = false): string =>
  isCode ? text.replace(imports, "") : text.includes("](") ? text.replace(/\]\([^()\s]{0,500}\)/g, "] ") : text

/** Whether a text is little more than links. */
export const isPointer = (text: string): boolean => {
  if (!text.includes("](")) return false
  const around = text.replace(/\[[^[\]]{0,200}\]\([^()\s]{0,500}\)/g, "")
  return around.length < 0.3 * text.length && around.length < 80
}
