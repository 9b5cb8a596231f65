/** A time, in the form of the reader's language. */
import { formatTime } from "../../components/format.js"

export const Time = ({ at }: { readonly at: Date }) => <time dateTime={at.toISOString()}>{formatTime(at)}</time>
