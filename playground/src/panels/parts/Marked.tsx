/** A text in which what is looked for is marked, in any case. */
export const Marked = ({ find, text }: { readonly text: string; readonly find: string }) => {
  const wanted = find.trim()
  if (wanted === "") return text
  const pattern = new RegExp(`(${wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")})`, "gi")
  return text.split(pattern).map((piece, index) =>
    // Every second piece is what the pattern captured. Pieces have no identity but their place.
    // biome-ignore lint/suspicious/noArrayIndexKey: see above
    index % 2 === 1 ? <mark key={index}>{piece}</mark> : piece
  )
}
