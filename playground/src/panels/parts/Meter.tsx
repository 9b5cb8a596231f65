/** A share of a whole as a bar. The number beside it says the same. */
export const Meter = ({ of, value }: { readonly value: number; readonly of: number }) => (
  <span className="meter" aria-hidden="true">
    <span style={{ width: `${Math.min(100, (100 * value) / Math.max(1, of))}%` }} />
  </span>
)
