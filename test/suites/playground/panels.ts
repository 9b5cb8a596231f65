/** The right side of the playground: docs, memories, tools, jobs, and what a model would be sent. */

import type { Page } from "playwright-core"
import { expect } from "vitest"
import * as Scripted from "../../../src/layers/Scripted.js"
import * as Playground from "../../support/playground.js"

const { visit } = Playground

const show = (page: Page, name: string) => page.getByRole("tab", { name }).click()

/** Clicks a button of the page that asks before it deletes, and confirms. */
const remove = async (page: Page, what: string) => {
  await page.getByRole("button", { name: `Delete ${what}` }).click()
  const dialog = page.getByRole("dialog", { name: `Delete ${what}?` })
  await dialog.getByRole("button", { name: "Delete" }).click()
  await dialog.waitFor({ state: "detached" })
}

export const panels = (it: Playground.It) => {
  it("take files as docs, follow their jobs, show and search them, and delete them", () =>
    visit({}, async ({ accessible, client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      await open({ agent: agent.id })
      await show(page, "Docs")
      await page.getByText("No docs.").waitFor()
      await Playground.drop(
        page.getByTestId("drop"),
        { name: "returns.md", text: "# How to return\n\nUnopened bags can be returned within 30 days." },
        {
          name: "page.html",
          text:
            "<title>Shipping</title><p>We ship on <b>Tuesdays</b>.<script>throw 1</script>" +
            "<table><tr><th>To<th>Days<tr><td><p>Oslo | Bergen</p><td>2</table><table><tr><td>Menu<td>Home</table>"
        },
        { name: "scan.pdf", text: "%PDF-1.7", type: "application/pdf" }
      )
      const added = page.getByRole("list", { name: "Added files" })
      await added.getByText("scan.pdf is not text, Markdown or HTML. Save it as one of these.").waitFor()
      await added.getByText("indexed").nth(1).waitFor()
      const docs = page.getByRole("list", { name: "Docs" })
      await docs.getByRole("button", { name: "Shipping" }).first().click()
      const dialog = page.getByRole("dialog")
      await dialog.getByText("We ship on Tuesdays.").waitFor()
      const shipping = (await client.docs.list({ agent_id: agent.id })).find(({ title }) => title === "Shipping")
      expect(shipping?.content).toBe(
        "We ship on Tuesdays.\n\n| To | Days |\n| --- | --- |\n| Oslo \\| Bergen | 2 |\n\nMenu | Home |"
      )
      await accessible("a doc")
      await page.keyboard.press("Escape")
      await dialog.waitFor({ state: "detached" })

      const search = page.getByRole("searchbox", { name: "Search the docs" })
      await search.fill("return bags")
      await search.press("Enter")
      const passages = page.getByRole("list", { name: "Passages" })
      await passages.getByText(/^score \d\.\d\d$/).waitFor()
      await passages.getByRole("button", { name: "How to return" }).click()
      await dialog.locator("mark", { hasText: "Unopened bags" }).waitFor()
      await dialog.getByRole("button", { name: "Close" }).click()

      await search.fill("")
      await remove(page, 'the doc "Shipping"')
      await docs.getByText("Shipping").waitFor({ state: "detached" })
      expect((await client.docs.list({ agent_id: agent.id })).map(({ title }) => title)).toEqual(["How to return"])
      await accessible("docs")

      await show(page, "Jobs")
      await page.getByText('of the doc "How to return"').waitFor()
      expect(await page.getByText("succeeded").count()).toBe(2)
      await accessible("jobs")
    }))

  it("say what became of each file, also after another tab was open", () =>
    visit({}, async ({ client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      await open({ agent: agent.id })
      await show(page, "Docs")
      await Playground.drop(
        page.getByTestId("drop"),
        { name: "empty.md", text: " " },
        { name: "program.bin", text: "\u0001" },
        ...["one", "two", "three"].map((name) => ({ name: `${name}.md`, text: `About ${name}.` }))
      )
      await show(page, "Tools")
      await page.getByText("No tools.").waitFor()
      await show(page, "Docs")
      const added = page.getByRole("list", { name: "Added files" }).getByRole("listitem")
      await added.filter({ hasText: "three.md indexed" }).waitFor()
      expect(await added.allInnerTexts()).toEqual([
        "empty.md has no text.",
        "program.bin is not text, Markdown or HTML. Save it as one of these.",
        "one.md indexed",
        "two.md indexed",
        "three.md indexed"
      ])
      expect((await client.docs.list({ agent_id: agent.id })).map(({ title }) => title)).toEqual([
        "three",
        "two",
        "one"
      ])
    }))

  it("list memories with the messages that they come from, add one, search, and delete", () =>
    visit({}, async ({ accessible, client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      const user = await client.users.create({ name: "Sam" })
      const session = await client.sessions.create({ agent_id: agent.id, user_id: user.id })
      const { jobs } = await client.sessions.chat(session.id, "I live in Lisbon, near the castle.")
      for (const job of jobs) await client.jobs.await(job)
      // Of another session, so that its message is not on the page.
      await open({ agent: agent.id, user: user.id })
      await show(page, "Memories")
      const memories = page.getByRole("list", { name: "Memories" })
      await memories.getByRole("button", { name: "from this message" }).click()
      const dialog = page.getByRole("dialog", { name: "Message (user)" })
      await dialog.getByText("I live in Lisbon, near the castle.").waitFor()
      await dialog.getByText("in another session of this agent").waitFor()
      await page.keyboard.press("Escape")

      await page.getByRole("textbox", { name: "A statement to remember" }).fill("Sam is allergic to nuts.")
      await page.getByRole("button", { name: "Remember" }).click()
      await memories.getByText("Sam is allergic to nuts.").waitFor()
      await accessible("memories")
      await page.getByRole("searchbox", { name: "Search the memories" }).fill("Lisbon")
      await memories.getByText("Sam is allergic to nuts.").waitFor({ state: "detached" })
      await remove(page, 'the memory "I live in Lisbon, near the castle."')
      await page.getByText("No memory matches.").waitFor()
      expect((await client.memories.list({ agent_id: agent.id })).map(({ content }) => content)).toEqual([
        "Sam is allergic to nuts."
      ])
    }))

  it("create, change and delete tools, whose parameters they check before they send them", () =>
    visit({}, async ({ accessible, client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      const tools = async () => (await client.tools.list(agent.id)).map((tool) => tool.function)
      await open({ agent: agent.id })
      await show(page, "Tools")
      await page.getByRole("button", { name: "New tool" }).click()
      await page.getByRole("textbox", { name: "Name" }).fill("order_state")
      const parameters = page.getByRole("textbox", { name: "Parameters" })
      const create = page.getByRole("button", { name: "Create" })
      await parameters.fill('{\n  "type": "object",\n  "properties" {}\n}')
      await page.getByText("This is not JSON at line 3, column 16").waitFor()
      expect(await create.isDisabled()).toBe(true)
      await parameters.fill('{ "type": "object", "properties": { "order": { "type": "text" } } }')
      await page.getByText("parameters.properties.order.type must be one of").waitFor()
      expect(await create.isDisabled()).toBe(true)
      await accessible("the form of a tool")
      expect(await tools()).toEqual([])
      await parameters.fill('{ "type": "object", "properties": { "order": { "type": "string" } } }')
      await create.click()
      await page.getByRole("button", { name: "Edit the tool order_state" }).click()
      await page.getByRole("textbox", { name: "Description" }).fill("Where an order is")
      await page.getByRole("button", { name: "Save" }).click()
      await page.getByText("Where an order is").waitFor()
      await accessible("tools")
      expect(await tools()).toMatchObject([{ name: "order_state", description: "Where an order is" }])
      await remove(page, "the tool order_state")
      await page.getByText("No tools.").waitFor()
      expect(await tools()).toEqual([])
    }))

  it("show the prompt of a next message in parts, with their sources, and what is not in it", () =>
    visit({}, async ({ accessible, client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada", about: "answers customers" })
      const user = await client.users.create({ name: "Sam" })
      const { id: agent_id } = agent
      for (let index = 1; index <= 8; index++) {
        const content = `Bags of kind ${index} can be returned within ${index * 10} days.`
        await client.docs.create({ agent_id, doc: { title: `Returns ${index}`, content } })
      }
      const session = await client.sessions.create({ agent_id, user_id: user.id, situation: "Sam is in a hurry." })
      await open({ agent: agent_id, user: user.id, session: session.id })
      await page.getByRole("button", { name: "Would be sent now" }).click()
      await page.getByRole("textbox", { name: "The message that is being written" }).fill("Can bags be returned?")
      await page.getByRole("button", { name: "Show its prompt" }).click()
      await page.getByText("Not sent: this is what the model would be sent now.").waitFor()
      const parts = page.getByRole("list", { name: "Parts of the prompt" }).locator(":scope > li")
      expect(await parts.locator("strong").allTextContents()).toEqual([
        "Situation",
        "About the agent",
        "About the user",
        ...Array.from({ length: 6 }, () => "Doc"),
        "User"
      ])
      await parts
        .getByRole("button", { name: /^Returns \d$/ })
        .first()
        .click()
      await page
        .getByRole("dialog", { name: /^Returns \d$/ })
        .locator("mark")
        .waitFor()
      await page.keyboard.press("Escape")
      await page.getByRole("searchbox", { name: "Find in the prompt" }).fill("hurry")
      await page.getByText("1 of 10 parts").waitFor()
      expect(await parts.locator("mark").allTextContents()).toEqual(["hurry"])
      await page.getByText("What is not in the prompt").click()
      await page.getByText("2 passages of docs").waitFor()
      await accessible("the prompt of a next message")
      expect(await client.sessions.history(session.id)).toEqual([])
    }))

  it("name the messages that the window has no room for, and lead to them in the conversation", () =>
    visit({ contextWindow: 1024, model: Scripted.layer(() => "Noted.") }, async ({ client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      const session = await client.sessions.create({ agent_id: agent.id })
      for (let turn = 1; turn <= 6; turn++) {
        const content = `Turn ${turn}: ${"the kettle is warm and the window is open. ".repeat(12)}`
        const messages = [{ role: "user", content }] as const
        await client.sessions.chat(session.id, { messages, explain: true, recall: false, remember: false })
      }
      await open({ agent: agent.id, session: session.id })
      await page.getByText("What is not in the prompt").click()
      const missing = page.locator("section", { hasText: /earlier messages? of this session/ }).last()
      await missing.getByText("Turn 1:").waitFor()
      expect(await missing.getByText("Turn 6:").count()).toBe(0)
      await missing.getByRole("button", { name: "message (user)" }).first().click()
      await page.locator("main :focus", { hasText: "Turn 1:" }).waitFor()
    }))

  it("fit a narrow screen, with the other panes", () =>
    visit({}, async ({ accessible, client, open, page }) => {
      const agent = await client.agents.create({ name: "Ada" })
      const session = await client.sessions.create({ agent_id: agent.id })
      const prompt = { explain: true, messages: [{ role: "user", content: "Hello, ".repeat(80) }] } as const
      await client.sessions.chat(session.id, prompt)
      await page.setViewportSize({ width: 360, height: 740 })
      await open({ agent: agent.id, session: session.id })
      const fits = async (what: string) => {
        expect(await page.evaluate(() => document.documentElement.scrollWidth), what).toBeLessThanOrEqual(360)
      }
      await page.getByText("(offline model)").waitFor()
      await fits("the conversation")
      await accessible("a narrow conversation")
      await page.getByRole("button", { name: "Inspect" }).click()
      for (const name of ["Docs", "Tools", "Memories", "Jobs", "Prompt"]) {
        await show(page, name)
        await fits(name)
      }
      // The message is not on the page that is shown.
      const parts = page.getByRole("list", { name: "Parts of the prompt" })
      await parts.getByRole("button", { name: "message" }).first().click()
      await page.getByRole("dialog", { name: "Message (user)" }).getByText("Hello, Hello").waitFor()
      await fits("a source")
      await accessible("a narrow source")
      await page.keyboard.press("Escape")
      await page.getByRole("button", { name: "Browse" }).click()
      await page.getByRole("button", { name: "Ada", exact: true }).waitFor()
      await fits("the lists")
    }))
}
