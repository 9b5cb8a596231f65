/** What the playground sends for a turn, and how it shows what comes back. */
import type { Page } from "playwright-core"
import { expect } from "vitest"
import type { ModelRequest } from "../../../src/engine/ports/Model.js"
import * as Scripted from "../../../src/layers/Scripted.js"
import type { Client } from "../../../src/promise/index.js"
import * as Playground from "../../support/playground.js"

const { visit } = Playground

const send = async (page: Page, text: string) => {
  const message = page.getByRole("textbox", { name: "Message", exact: true })
  await message.fill(text)
  await message.press("Enter")
}

const lastTurn = (page: Page) => page.getByRole("article", { name: "Last turn" })

const started = async (client: Client) => {
  const agent = await client.agents.create({ name: "Ada" })
  const session = await client.sessions.create({ agent_id: agent.id })
  return { session, selected: { agent: agent.id, session: session.id } }
}

/** A red point. */
const PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="

const TOOL = { type: "function", function: { name: "order_state", parameters: { type: "object" } } }

const MARKDOWN = [
  "# Tea",
  "Some **bold** &amp; `a < b`. <img src=x onerror=alert(1)> <script>alert(1)</script>",
  "[good](https://example.com/tea) [bad](javascript:alert(1)) ![far](https://example.com/tea.png)",
  `![own](data:image/png;base64,${PNG})`,
  "| a | b |\n| - | -: |\n| 1 | 2 |",
  "- [x] done\n- open"
].join("\n\n")

export const turns = (it: Playground.It) => {
  it("shows Markdown without any HTML of it, and no image of another server", () =>
    visit({ model: Scripted.layer([MARKDOWN]) }, async ({ accessible, client, open, page }) => {
      const { selected } = await started(client)
      await open(selected)
      await send(page, "# not a heading <b>")
      const turn = lastTurn(page)
      await turn.getByRole("button", { name: "Ask again" }).waitFor()
      await turn.getByText("# not a heading <b>", { exact: true }).waitFor()
      await turn.getByRole("heading", { name: "Tea" }).waitFor()
      await turn.getByText("<script>alert(1)</script>").waitFor()
      await turn.locator("strong", { hasText: "bold" }).waitFor()
      await turn.locator("code", { hasText: "a < b" }).waitFor()
      await turn.getByRole("cell", { name: "2" }).waitFor()
      expect(await turn.locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")))).toEqual([
        "https://example.com/tea",
        "https://example.com/tea.png"
      ])
      const images = await turn.locator("img").evaluateAll((found) => found.map((image) => image.getAttribute("src")))
      expect(images).toEqual([`data:image/png;base64,${PNG}`])
      await accessible("Markdown")
    }))

  it("sends its settings and images, and what failed again without a second message", () => {
    const requests: Array<ModelRequest> = []
    const failures: ReadonlyArray<Scripted.Failure> = [
      { error: "unavailable", message: "Out of tea." },
      { error: "unavailable", message: "No water either." }
    ]
    const model = Scripted.layer((request) => {
      requests.push(request)
      return failures[requests.length - 1] ?? "Seen."
    })
    return visit({ model }, async ({ client, open, page }) => {
      const { selected, session } = await started(client)
      await open(selected)
      await page.getByRole("button", { name: "Settings" }).click()
      await page.getByRole("textbox", { name: "Temperature" }).fill("0.5")
      await page.getByRole("textbox", { name: "Any other setting" }).fill('{ "seed": 7, "colour": "red" }')
      await page.getByRole("textbox", { name: "Tools of these turns" }).fill(JSON.stringify([TOOL]))
      await page.locator('input[type="file"]').setInputFiles([
        { name: "point.png", mimeType: "image/png", buffer: Buffer.from(PNG, "base64") },
        { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("notes") }
      ])
      await page.getByText("Only images can be attached.").waitFor()
      await page.getByRole("img", { name: "point.png" }).waitFor()
      await send(page, "What is this?")
      await page.getByRole("alert").filter({ hasText: "`colour` is not a member of a chat" }).waitFor()
      await page.getByRole("textbox", { name: "Any other setting" }).fill('{ "seed": 7 }')
      await page.getByRole("button", { name: "Send again" }).click()
      await page.getByRole("alert").filter({ hasText: "Out of tea." }).waitFor()
      await page.getByRole("button", { name: "Send again" }).click()
      await page.getByRole("alert").filter({ hasText: "No water either." }).waitFor()
      expect(await page.getByRole("article").count()).toBe(1)
      await page.getByRole("button", { name: "Send again" }).click()
      await lastTurn(page).getByText("Seen.").waitFor()
      await lastTurn(page).getByRole("img").waitFor()

      expect(requests.map(({ settings }) => settings)).toEqual(Array(3).fill({ temperature: 0.5, seed: 7 }))
      expect(requests.map(({ tools }) => tools.map(({ name }) => name))).toEqual(Array(3).fill(["order_state"]))
      const content = [
        { type: "text", text: "What is this?" },
        { type: "image_url", image_url: { url: `data:image/png;base64,${PNG}` } }
      ]
      const history = await client.sessions.history(session.id)
      expect(history.map(({ content, role }) => [role, content])).toMatchObject([
        ["user", content],
        ["assistant", "Seen."]
      ])

      await page.getByRole("button", { name: "Clear history" }).click()
      await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click()
      await page.getByText("Nothing was said yet.").waitFor()
      expect(await client.sessions.history(session.id)).toEqual([])
    })
  })
}
