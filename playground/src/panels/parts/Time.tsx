/** A time, as it is read where the page is. */
const format = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" })

export const Time = ({ at }: { readonly at: Date }) => <time dateTime={at.toISOString()}>{format.format(at)}</time>
