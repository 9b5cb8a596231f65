/** A token and a value without control characters, as RFC 9110 defines them. */
const isHeader = (name: string, value: string) =>
  /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[^\t\x20-\x7e\x80-\xff]/.test(value)

/** What is wrong with headers that a user gives, if anything is. Values may be secrets and are not shown. */
export const headersFault = (headers: Readonly<Record<string, string>>): string | undefined => {
  const name = Object.entries(headers).find(([name, value]) => !isHeader(name, value))?.[0]
  return name === undefined
    ? undefined
    : `The header ${JSON.stringify(name)} must have an HTTP token as its name and no control characters in its value.`
}
