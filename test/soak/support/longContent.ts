/** A doc that takes seconds to index. */
export const longContent = Array.from(
  { length: 8000 },
  (_, index) =>
    `${index % 50 === 0 ? `# Part ${index}\n\n` : ""}Paragraph ${index} ${"of a very long text ".repeat(12)}.`
).join("\n\n")
